using System.Net;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;
using Sekia.Modules.GitHub.Polling;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;

namespace Sekia.Modules.GitHub.Healing;

/// <summary>
/// Asks GitHub to deliver again, once, what could not be delivered to an account. A source of its own beside the account's agent: it has
/// its own cursor, pauses and troubles, and brings no events; they come in as deliveries.
/// </summary>
/// <remarks>
/// What is to be asked for is on disk before GitHub is asked. After a crash in between, GitHub's list tells whether it was asked.
/// </remarks>
internal sealed class Healer(
    string account, LiveOptions<GitHubOptions> options, GitHubClient github, LiveOptions<AgentsOptions> agents, EventJournal journal, TimeProvider clock) : IAgent
{
    /// <summary>After this GitHub's list tells what has been asked for before a crash.</summary>
    private static readonly TimeSpan s_underWay = TimeSpan.FromMinutes(1);

    private readonly HookDeliveries _deliveries = new(github, account, clock);

    /// <summary>What this process has noted and not yet asked for: of this it knows that nobody has.</summary>
    private readonly HashSet<string> _fresh = [];

    private volatile HealCursor? _cursor;

    public string Name { get; } = NameFor(account);

    public IReadOnlyList<string> Capabilities => ["github-healing"];

    /// <summary>The healer's name beside that of an account's agent.</summary>
    public static string NameFor(string account) => account == GitHubOptions.AgentName ? "github-healer" : $"{account}-healer";

    /// <summary>Whether a delivery comes because it was asked for.</summary>
    public bool HasAskedFor(string guid) => (_cursor ?? HealCursor.Parse(journal.Reader.Cursor(Name))).Knows(guid);

    public async Task<SourceBatch?> ReadAsync(string? cursor, CancellationToken cancellationToken)
    {
        var settings = options.Current.Heal;
        if (string.IsNullOrEmpty(options.Current.Token))
        {
            return new SourceBatch([], cursor ?? "", settings.Interval, $"asking for failed deliveries needs a token; set {GitHubOptions.TokenSetting(account)}");
        }

        // To ask is to change something at GitHub.
        if (agents.Current.DryRun || options.Current.DryRun)
        {
            return new SourceBatch([], cursor ?? "", settings.Interval);
        }

        // What is on disk from here on is known to the endpoint, before GitHub is asked for it.
        _cursor = HealCursor.Parse(cursor);
        var next = HealCursor.Parse(cursor);
        var troubles = new List<string>();
        foreach (var repo in settings.Repos)
        {
            try
            {
                await HealAsync(PolledRepo.Parse(repo), next, cancellationToken);
            }
            catch (RetryAfterException later)
            {
                // What has been done counts; GitHub's wish is for all of its repositories.
                return new SourceBatch([], next.ToString(), later.Delay, later.Message);
            }
            catch (GitHubRefusedException refused) when (refused.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
            {
                troubles.Add($"{repo}: the token of {GitHubOptions.TokenSetting(account)} may not see its webhook deliveries or have them sent again; that takes the permission \"Webhooks: read and write\". {refused.Message}");
            }
            catch (Exception fault) when (Failure.IsExpected(fault))
            {
                troubles.Add($"{repo}: {fault.Message}");
            }
        }

        return new SourceBatch([], next.ToString(), next.Due.Keys.Any(_fresh.Contains) ? TimeSpan.Zero : settings.Interval, troubles.Count == 0 ? null : string.Join(" ", troubles));
    }

    private async Task HealAsync(PolledRepo repo, HealCursor cursor, CancellationToken cancellationToken)
    {
        var (hooks, now) = await _deliveries.HooksAsync(repo, cancellationToken);
        if (hooks.Count == 0)
        {
            throw new CommandFailedException("none of its webhooks leads here; add one whose address ends in /webhooks/github, or take the repository out of Heal:Repos.");
        }

        cursor.Forget(now);
        var known = cursor.Due.Keys.ToHashSet();
        var since = cursor.Since($"{repo}", now);
        foreach (var hook in hooks)
        {
            Note(repo, hook, await _deliveries.ReadAsync(repo, hook, since, cancellationToken), cursor, now);
        }

        cursor.Looked[$"{repo}"] = now;
        foreach (var (guid, missed) in cursor.Due.Where(due => known.Contains(due.Key) && due.Value.Repo == $"{repo}").ToArray())
        {
            if (_fresh.Remove(guid) || now - missed.NotedAt >= s_underWay)
            {
                await AskAsync(repo, guid, missed, cursor, cancellationToken);
            }
        }
    }

    /// <summary>Notes what has failed, and settles what has not.</summary>
    private void Note(PolledRepo repo, long hook, ILookup<string, Try> deliveries, HealCursor cursor, DateTimeOffset now)
    {
        foreach (var tries in deliveries)
        {
            if (cursor.Due.TryGetValue(tries.Key, out var due))
            {
                // To the second, as GitHub tells its times.
                if (tries.Any(one => one.IsTaken || (one.IsRedelivery && one.At >= due.NotedAt.AddSeconds(-1))))
                {
                    cursor.Settle(tries.Key);
                    _fresh.Remove(tries.Key);
                }
            }
            else if (!cursor.Knows(tries.Key) && !tries.Any(one => one.IsTaken))
            {
                cursor.Due[tries.Key] = new Missed($"{repo}", hook, tries.First().Id, now);
                _fresh.Add(tries.Key);
            }
        }
    }

    private async Task AskAsync(PolledRepo repo, string guid, Missed missed, HealCursor cursor, CancellationToken cancellationToken)
    {
        try
        {
            await _deliveries.AskAsync(repo, missed, cancellationToken);
            cursor.Settle(guid);
        }
        catch (GitHubRefusedException refused) when (refused.Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity)
        {
            // It would be refused every time: too old, or of a webhook that has changed.
            cursor.Settle(guid);
            throw;
        }
        catch (RetryAfterException)
        {
            // It was not carried out.
            _fresh.Add(guid);
            throw;
        }
    }
}
