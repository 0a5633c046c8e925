-- Welcomes people to a repository at the first pull request of theirs that it hears of. Whom it has greeted it remembers over restarts.
--
-- Try it: set GitHub:Token and GitHub:WebhookSecret, let a webhook of your repository send "Pull requests" to /webhooks/github, and
-- open a pull request. Without a token the comment is recorded as dry_run and nothing is sent:
--   curl -s 'http://127.0.0.1:7600/api/v1/runs?workflow=github-welcome-pr'

sekia.on("sekia.events.github", { type = "github.pr.opened" }, function(event)
  local pr = event.payload

  -- The author is empty when the account is gone, and programs need no welcome.
  if pr.author == "" or string.find(pr.author, "%[bot%]$") then return end

  local greeted = "greeted:" .. pr.owner .. "/" .. pr.repo .. ":" .. pr.author
  if sekia.state.get(greeted) then return end
  sekia.state.set(greeted, sekia.now())

  sekia.command(pr.agent or "github-agent", "create_comment", {
    owner = pr.owner, repo = pr.repo, number = pr.number,
    body = "Welcome @" .. pr.author .. ", and thank you for #" .. pr.number .. " to `" .. pr.base_branch .. "`! Someone will look at it soon.",
  })
end)
