using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Dashboard;

/// <summary>A host with something on every page of the dashboard, and what others have written as hostile as they can.</summary>
internal sealed class Showcase : IAsyncDisposable
{
    /// <summary>What whoever sends events may write anywhere.</summary>
    public const string Hostile = "<img src=x onerror=\"window.got=1\"></script><script>window.got=1</script>\u202Eevil";

    /// <summary>The same, as a page must show it.</summary>
    public const string HostileShown = "<img src=x onerror=\"window.got=1\"></script><script>window.got=1</script>\\u202Eevil";

    private static readonly Dictionary<string, string> s_scripts = new()
    {
        ["labeller"] = DashboardHost.Labeller,
        ["mirror"] = """sekia.on("sekia.events.github", function(event) sekia.log("info", "seen") sekia.publish("sekia.events.mirror", "seen", event.payload) end)""",
        ["broken"] = $"sekia.log('info', 'x')\nthis is no Lua {Hostile}",
        ["keeper"] = """
            -- <script>alert(1)</script>
            sekia.on("sekia.events.hostile", function(event)
              -- What is too long is refused, and the rest goes on.
              pcall(sekia.state.set, event.type, event.payload)
              sekia.log("info", event.type)
              sekia.command("test-agent", "say", { text = event.type, extra = event.payload })
              sekia.publish("sekia.events.out", event.type, event.payload)
            end)
            sekia.on("sekia.events.hostile", function(event) sekia.log("warn", event.type) error(event.type) end)
            sekia.schedule("0 9 * * 1-5", { timezone = "Europe/Berlin" }, function() end)
            """,
    };

    private Showcase(DashboardHost host) => Host = host;

    public DashboardHost Host { get; }

    /// <summary>The pages, by what they are called in a test's output.</summary>
    public IReadOnlyDictionary<string, string> Pages { get; private set; } = null!;

    /// <param name="payload">Of the hostile events; something small when absent.</param>
    /// <param name="settings">Further ones, as <c>Section:Key=value</c>.</param>
    public static async Task<Showcase> StartAsync(string payload = """{"text":"<b>bold</b>","numbers":[1,2.5]}""", string[]? settings = null)
    {
        var troubled = new TestAgent
        {
            OnCall = (_, _) => throw new IOException(Hostile),
            OnRead = (cursor, _) => cursor is null
                ? Task.FromResult<SourceBatch?>(new SourceBatch([], Hostile, TimeSpan.Zero))
                : throw new IOException(Hostile),
        };
        var host = await DashboardHost.StartAsync(
            s_scripts,
            ["Workflows:HotReload=false", "Journal:MaxPayloadBytes=4194304", $"GitHub:Poll:Labels:0={Hostile}", .. settings ?? []],
            [new TwoAgents(troubled, new FormAgent())]);
        var showcase = new Showcase(host);
        await showcase.FillAsync(payload);
        return showcase;
    }

    public async ValueTask DisposeAsync() => await Host.DisposeAsync();

    private async Task FillAsync(string payload)
    {
        await Host.DeliverAsync();
        await Host.PublishAsync(60);
        var hostile = await Host.Get<EventBus>().PublishAsync(
            [.. Enumerable.Range(0, 3).Select(_ => new Event { Subject = "sekia.events.hostile", Type = Hostile, Source = Hostile, Payload = Encoding.UTF8.GetBytes(payload) })],
            CancellationToken.None);
        await Host.Get<CommandDispatcher>().SendAsync(
            new Command { Agent = "form-agent", Name = "fill", Source = Hostile, Payload = """{"owner":"ann","number":1}"""u8.ToArray() }, CancellationToken.None);
        Host.Tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch);
        await Eventually.HoldsAsync(() => Host.Journal.Reader.CountDead(100) == (3, 0, 3));
        await Eventually.HoldsAsync(() => Host.Get<Modules.Api.StatusApi>().Agent("test-agent").Reason is not null);

        // What still runs would change the pages while they are looked at. The workflows first: it is they who ask for commands.
        await Eventually.HoldsAsync(() => Host.Get<Modules.Api.WorkflowsApi>().List().Workflows.All(workflow => workflow.Waiting == 0)
            && Host.Journal.Tallies is var tallies && tallies.Commands(CommandStatus.Pending) + tallies.Commands(CommandStatus.Running) == 0);
        using var client = Host.Host.Client();
        var command = Regex.Match(await client.GetStringAsync("/web/commands?status=uncertain"), "cmd_[0-9a-f-]+").Value;
        var cause = Regex.Match(await client.GetStringAsync("/web/failures"), "name=\"cause\" value=\"([0-9a-f]+)\"").Groups[1].Value;
        Pages = new Dictionary<string, string>
        {
            ["overview"] = "/web",
            ["events"] = "/web/events",
            ["events of a kind"] = "/web/events?subject=sekia.events.hostile",
            ["events found"] = "/web/events?q=evil",
            ["event"] = $"/web/events/{hostile[0].Id}",
            ["workflows"] = "/web/workflows",
            ["workflow"] = "/web/workflows/keeper",
            ["workflow refused"] = "/web/workflows/broken",
            ["agents"] = "/web/agents",
            ["agent"] = "/web/agents/test-agent",
            ["form"] = "/web/agents/form-agent/commands/fill",
            ["commands"] = "/web/commands",
            ["commands uncertain"] = "/web/commands?status=uncertain",
            ["command"] = $"/web/commands/{command}",
            ["failures"] = "/web/failures",
            ["failures of a cause"] = $"/web/failures?cause={cause}",
            ["settings"] = "/web/settings",
        };
    }

    private sealed class TwoAgents(TestAgent source, FormAgent form) : IModule
    {
        private readonly AgentOptions _settings = new();

        public string Name => "TwoAgents";

        public void AddServices(IServiceCollection services, IConfigurationSection section)
        {
            services.AddSource(_ => source);
            services.AddSingleton(new AgentInstance(form, () => _settings));
        }
    }
}
