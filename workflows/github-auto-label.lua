-- Labels new GitHub issues by what they speak of, and greets whoever wrote them.
--
-- Try it: set GitHub:Token and GitHub:WebhookSecret, let a webhook of your repository send "Issues" to /webhooks/github, and open an
-- issue titled "Bug: the lamp stays dark". Without a token the commands are recorded as dry_run and nothing is sent:
--   curl -s 'http://127.0.0.1:7600/api/v1/commands?agent=github-agent'

-- Whole words, so that "debugging" is no bug. The first that is found counts.
local LABELS = {
  { words = { "bug", "bugs", "crash", "crashes", "error" }, label = "bug",
    greeting = "Thank you for the report! To find it quickly: which version is it, and what did you see?" },
  { words = { "feature", "features", "request", "proposal" }, label = "enhancement",
    greeting = "Thank you for the idea! What would you use it for?" },
}

local function find(text)
  local padded = " " .. string.gsub(string.lower(text), "[^%w]+", " ") .. " "
  for _, rule in ipairs(LABELS) do
    for _, word in ipairs(rule.words) do
      if string.find(padded, " " .. word .. " ", 1, true) then return rule end
    end
  end
end

sekia.on("sekia.events.github", { type = "github.issue.opened" }, function(event)
  local issue = event.payload

  -- The title says what it is about; the text is asked only when the title is silent.
  local rule = find(issue.title) or find(issue.body)
  if not rule then return end

  -- Deliveries to an account with a name of its own say which; its agent answers.
  local agent = issue.agent or "github-agent"
  sekia.command(agent, "add_label", {
    owner = issue.owner, repo = issue.repo, number = issue.number, label = rule.label,
  })
  sekia.command(agent, "create_comment", {
    owner = issue.owner, repo = issue.repo, number = issue.number,
    -- The author is empty when the account is gone.
    body = (issue.author ~= "" and "Hello @" .. issue.author .. "! " or "") .. rule.greeting,
  })
end)
