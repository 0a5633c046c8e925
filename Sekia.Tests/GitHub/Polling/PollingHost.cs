using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.GitHub.Deliveries;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub.Polling;

/// <summary>The whole host, which reads a GitHub of the test's, on a clock of the test's.</summary>
internal sealed class PollingHost : IAsyncDisposable
{
    private readonly SekiaHost _host;
    private readonly PolledGitHub _github;

    private PollingHost(SekiaHost host, PolledGitHub github, TestClock clock)
    {
        _host = host;
        _github = github;
        Clock = clock;
        _ = host.Services;
    }

    public TestClock Clock { get; }

    public AgentEntry Agent => _host.Get<AgentRegistry>().Find("github-agent")!;

    public EventBus Bus => _host.Get<EventBus>();

    public string? Cursor => _host.Get<EventJournal>().Reader.Cursor("github-agent");

    public string Log => _host.Root.Log();

    /// <summary>Starts a host that reads one or more repositories.</summary>
    public static PollingHost Start(PolledGitHub github, string[] repos, params (string Key, string Value)[] settings)
    {
        var clock = new TestClock();
        var all = new Dictionary<string, string>
        {
            ["GitHub:BaseUrl"] = github.Address,
            ["GitHub:Token"] = "ghp_not-a-token",
            ["GitHub:Poll:Enabled"] = "true",
            ["GitHub:Poll:Repos"] = string.Join(',', repos),
            ["Agents:LongestPause"] = "00:00:30",
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return new PollingHost(new SekiaHost(all, services => services.AddSingleton<TimeProvider>(clock)), github, clock);
    }

    /// <summary>All events so far, oldest first: type and what tells one of a type from another.</summary>
    public string[] Told => [.. Events.Select(evt => $"{evt.Type["github.".Length..]} {Payload(evt)["number"] ?? Payload(evt)["comment_id"]}")];

    public IReadOnlyList<Event> Events
    {
        get
        {
            var reader = _host.Get<EventJournal>().Reader;
            var (found, after) = (new List<Event>(), 0L);
            while (true)
            {
                var (events, _) = reader.Events(after, long.MaxValue, subject => subject == "sekia.events.github", type: null, limit: 1000);
                if (events.Count == 0)
                {
                    return found;
                }

                found.AddRange(events);
                after = events[^1].Seq;
            }
        }
    }

    public static JsonObject Payload(Event evt) => JsonNode.Parse(evt.Payload.Span)!.AsObject();

    /// <summary>Lets time pass until some looks have brought nothing new, and gives all that was told.</summary>
    /// <param name="listsPerLook">How many requests of one look may be its end: one for each repository, or for each label.</param>
    public async Task<string[]> SettleAsync(int listsPerLook = 1)
    {
        var known = Events.Count;
        for (var quiet = 0; quiet < 3 * listsPerLook;)
        {
            await LookAsync();

            // Counted once a round: what comes between two counts would be news to neither.
            var now = Events.Count;
            quiet = now == known && _github.Refusals.IsEmpty ? quiet + 1 : 0;
            known = now;
        }

        return Told;
    }

    /// <summary>Lets time pass until the agent is at the end of a look once more: what it found the last time is on disk then.</summary>
    public async Task LookAsync()
    {
        var ended = LooksEnded();
        await Eventually.HoldsAsync(() =>
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            return LooksEnded() > ended;
        });
        _github.Now += TimeSpan.FromSeconds(30);
    }

    /// <summary>A look ends with the comments; of one for labels, that has one list for each, only the beginning of a list can be told.</summary>
    private int LooksEnded() => _github.Requests.Count(request =>
        request.PathAndQuery.Contains("/comments?", StringComparison.Ordinal)
        || (request.PathAndQuery.Contains("sort=created", StringComparison.Ordinal) && !request.PathAndQuery.Contains("&page=", StringComparison.Ordinal)));

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
