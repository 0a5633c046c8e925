using Microsoft.Extensions.Logging;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>
/// Reads repositories of one account tick by tick. One that cannot be read is named and does not hold up the others; it is read on where
/// it was when it can be.
/// </summary>
internal sealed partial class Poller(string agent, GitHubClient github, LiveOptions<GitHubOptions> options, LiveOptions<JournalOptions> journal, ILogger<Poller> logger)
{
    /// <summary>The first time, so much of the past is read.</summary>
    private static readonly TimeSpan s_past = TimeSpan.FromMinutes(5);

    /// <summary>Of GitHub's limit of requests, the share that polling should leave to commands.</summary>
    private const double FairShare = 0.8;

    private const int UsualLimit = 5000;

    private readonly PolledLists _lists = new(github);
    private double _warnedOf;

    /// <summary>As <see cref="IAgent.ReadAsync"/>.</summary>
    public async Task<SourceBatch?> ReadAsync(string? text, CancellationToken cancellationToken)
    {
        var settings = options.Current.Poll;
        if (!settings.Enabled)
        {
            return null;
        }

        if (string.IsNullOrEmpty(options.Current.Token))
        {
            return new SourceBatch([], text ?? "", settings.Interval, $"polling needs a token; set {GitHubOptions.TokenSetting(agent)}");
        }

        WarnOfRate(settings);
        var cursor = PollCursor.Parse(text);
        cursor.Keep(settings.Repos);
        var tick = new PollTick(agent, settings.PerTick, journal.Current.MaxPayloadBytes);
        var pause = await RunAsync(settings, cursor, tick, cancellationToken);
        return new SourceBatch(tick.Events, cursor.ToString(), pause, tick.Troubles);
    }

    /// <returns>How long to wait before the next tick.</returns>
    private async Task<TimeSpan> RunAsync(PollOptions settings, PollCursor cursor, PollTick tick, CancellationToken cancellationToken)
    {
        var (repos, start) = (settings.Repos, cursor.Next);
        for (var i = 0; i < repos.Count; i++)
        {
            var place = (start + i) % repos.Count;
            var repo = PolledRepo.Parse(repos[place]);
            foreach (var phase in PhasesOf(repo, settings, cursor.Of(repos[place]), tick, cancellationToken))
            {
                try
                {
                    await phase();
                }
                catch (RetryAfterException later)
                {
                    // For all repositories. What has been read counts, and the next tick begins here.
                    cursor.Next = place;
                    tick.Trouble(later.Message);
                    return later.Delay;
                }
                catch (Exception fault) when (fault is CommandFailedException || Failure.IsPassing(fault))
                {
                    tick.Trouble($"{repo}: {fault.Message}");
                    if (fault is not (CommandFailedException or HttpRequestException { StatusCode: not null } or HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }))
                    {
                        // Nobody answers: the others would only be waited for one by one.
                        cursor.Next = (place + 1) % repos.Count;
                        return settings.Interval;
                    }
                }
            }

            // A repository where much happens must not keep the others from their turn.
            if (tick.IsFull)
            {
                cursor.Next = (place + 1) % repos.Count;
                break;
            }
        }

        return settings.Interval;
    }

    private IEnumerable<Func<Task>> PhasesOf(PolledRepo repo, PollOptions settings, RepoCursor cursor, PollTick tick, CancellationToken cancellationToken)
    {
        if (settings.Labels.Count > 0 || settings.MatchPrs)
        {
            return [() => new MatchPhase(_lists).RunAsync(repo, settings, cursor, tick, cancellationToken)];
        }

        return
        [
            async () =>
            {
                await BeginAsync(repo, cursor.Issues, cancellationToken);
                await new IssuePhase(_lists).RunAsync(repo, cursor.Issues, tick, cancellationToken);
            },
            async () =>
            {
                await BeginAsync(repo, cursor.Comments, cancellationToken);
                await new CommentPhase(_lists).RunAsync(repo, cursor.Comments, tick, cancellationToken);
            },
        ];
    }

    private async Task BeginAsync(PolledRepo repo, ListCursor list, CancellationToken cancellationToken)
    {
        if (list.Since is null)
        {
            var now = await _lists.TimeAsync(repo, cancellationToken) ?? throw new CommandFailedException(
                "GitHub's answer has no Date, so that nobody knows from when on its repositories are to be read.");
            list.Since = list.Complete = GitHubTime.Of(now - s_past);
        }
    }

    /// <summary>Two lists of each repository; of what has not changed GitHub counts nothing, but one cannot count on that.</summary>
    private void WarnOfRate(PollOptions settings)
    {
        var perHour = settings.Repos.Count * (settings.Labels.Count > 0 ? settings.Labels.Count : 2) * TimeSpan.FromHours(1) / settings.Interval;
        var limit = github.RateLimit?.Limit ?? UsualLimit;
        if (perHour > limit * FairShare && _warnedOf != perHour)
        {
            _warnedOf = perHour;
            LogRate(agent, perHour, limit);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Agent} would ask GitHub {PerHour:0} times an hour when much happens, of {Limit} times that it may: set a longer GitHub:Poll:Interval, or fewer repositories")]
    private partial void LogRate(string agent, double perHour, int limit);
}
