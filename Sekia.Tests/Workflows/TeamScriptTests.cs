using Sekia.Modules.Agents;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>Scripts as teams have written them for years, with the idioms of Lua 5.1, do what they did.</summary>
public sealed class TeamScriptTests
{
    [Fact]
    public async Task A_labeller_picks_a_label_by_the_words_of_a_title()
    {
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.tracker", function(event)
              if event.type ~= "tracker.ticket.created" then return end
              local p = event.payload
              local words, label = string.lower(p.title or ""), "new"
              if string.find(words, "crash") or string.find(words, "broken") then label = "defect" end
              sekia.command("tracker-agent", "set_label", { owner = p.owner, number = p.number, label = label })
              sekia.log("info", sekia.name .. ": ticket #" .. p.number .. " is " .. label)
            end)
            """);

        await host.HandleAsync("tracker.ticket.created", new { owner = "team", number = 42, title = "App CRASHES at start" }, "tracker");
        await host.HandleAsync("tracker.ticket.created", new { owner = "team", number = 43 }, "tracker");
        await host.HandleAsync("tracker.ticket.closed", new { owner = "team", number = 44 }, "tracker");

        Assert.Equal([43, 42], (await host.CommandsAsync()).Select(command => (int)command["payload"]!["number"]!));
        Assert.Equal(["new", "defect"], (await host.CommandsAsync()).Select(command => (string)command["payload"]!["label"]!));
        Assert.Equal(["info flow: ticket #43 is new", "info flow: ticket #42 is defect"], (await host.RunsAsync()).Select(run => (string)run["log"]![0]!));
    }

    [Fact]
    public async Task A_relay_tells_two_agents_of_one_event()
    {
        await using var host = EngineHost.Start("""
            local CHANNEL = "C_TEAM"
            local function headline(p) return ("[%s] %s"):format(p.repo or "?", p.title or "untitled") end
            sekia.on("sekia.events.*", { type = "*.created" }, function(event)
              sekia.command("chat-agent", "send_message", { channel = CHANNEL, text = headline(event.payload) .. "\n" .. (event.payload.url or "") })
              sekia.command("board-agent", "create_card", { title = headline(event.payload), labels = event.payload.labels or {} })
            end)
            """);

        string[] labels = ["a", "b"];
        await host.HandleAsync("ticket.created", new { repo = "app", title = "Zürich", labels }, "tracker");

        var commands = await host.CommandsAsync();
        Assert.Equal(["board-agent", "chat-agent"], commands.Select(command => (string)command["agent"]!));
        Assert.Equal("[app] Zürich\n", (string?)commands[1]["payload"]!["text"]);
        Assert.Equal("""["a","b"]""", commands[0]["payload"]!["labels"]!.ToJsonString());
    }

    [Fact]
    public async Task A_mail_rule_answers_urgent_mail_and_publishes_an_alarm()
    {
        await using var host = EngineHost.Start([
            ("mail", """
                sekia.on("sekia.events.mail", function(event)
                  for word in string.gfind(string.lower(event.payload.subject or ""), "%a+") do
                    if word == "urgent" then
                      sekia.command("mail-agent", "reply", { message_id = event.payload.message_id, body = "Seen." })
                      sekia.publish("sekia.events.custom", "custom.alarm", { parts = table.getn({ unpack({ 1, 2, 3 }) }), power = math.pow(2, 3) })
                      return
                    end
                  end
                end)
                """),
            ("alarm", """sekia.on("sekia.events.custom", function(event) sekia.state.set("parts", event.payload.parts) end)""")]);

        await host.HandleAsync("mail.received", new { subject = "Urgent: disk", message_id = "<1@x>" }, "mail");
        await host.HandleAsync("mail.received", new { subject = "Lunch" }, "mail");
        await host.QuietAsync();

        Assert.Equal("<1@x>", (string?)Assert.Single(await host.CommandsAsync())["payload"]!["message_id"]);
        Assert.Equal("3", host.State("parts", "alarm"));
    }

    [Fact]
    public async Task A_timer_sends_a_reminder()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start("""sekia.schedule(1, function() sekia.command("test-agent", "say", { text = "stand up" }) end)""", agent, new AgentOptions());

        await Eventually.HoldsAsync(() => agent.Calls.Count > 0);

        Assert.Equal("stand up", agent.Calls[0].Text);
    }
}
