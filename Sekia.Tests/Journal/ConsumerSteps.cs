using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

/// <summary>What a consumer's reader does, step by step.</summary>
internal static class ConsumerSteps
{
    /// <summary>Reads until it has so many events.</summary>
    public static async Task<List<Event>> ReadExactlyAsync(this Consumer consumer, int count, int max = 1_000)
    {
        using var limit = new CancellationTokenSource(JournalFixture.Limit);
        var events = new List<Event>();
        while (events.Count < count)
        {
            events.AddRange(await consumer.ReadAsync(Math.Min(max, count - events.Count), limit.Token));
        }

        return events;
    }

    /// <summary>Commits that these events are done, each with a run that asks for one command: in the file, each shows exactly once.</summary>
    public static Task HandleAsync(this Consumer consumer, IReadOnlyList<Event> events) =>
        consumer.CommitAsync(Handled(events, [.. events.Select(evt => Run(evt, JournalFixture.Command()))]), CancellationToken.None);

    /// <summary>The same with so much to log that the file has to grow for it.</summary>
    public static Task HandleLoudlyAsync(this Consumer consumer, IReadOnlyList<Event> events) => consumer.CommitAsync(
        Handled(events, [.. events.Select(evt => new Run { Event = evt, Commands = [JournalFixture.Command()], Log = new string('x', 50_000) })]),
        CancellationToken.None);

    /// <summary>Commits that these events are done and asked for nothing.</summary>
    public static Task PassAsync(this Consumer consumer, IReadOnlyList<Event> events) =>
        consumer.CommitAsync(Handled(events), CancellationToken.None);

    /// <summary>Waits until they have ended, one way or another.</summary>
    public static async Task SettledAsync(IEnumerable<Task> tasks) =>
        await Task.WhenAll(tasks).WaitAsync(JournalFixture.Limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public static Handled Handled(IReadOnlyList<Event> events, params Run[] runs) => new(events[^1].Seq, events.Count, runs);

    public static Run Run(Event evt, params Command[] commands) => new() { Event = evt, Commands = commands };

    public static Run FailedRun(Event evt) => new() { Event = evt, Outcome = RunOutcome.Failed, Reason = "labeller.lua:3: no such label" };

    /// <summary>The events that were handled, in the order of their commands.</summary>
    public static List<long> HandledEvents(this JournalFixture fixture) =>
        [.. Enumerable.Reverse(fixture.Journal.Reader.Commands(new CommandFilter(), long.MaxValue, int.MaxValue, long.MaxValue).Commands).Select(command => command.Cause.Event!.Value)];

    public static IEnumerable<long> Numbers(int from, int to) => Enumerable.Range(from, to - from + 1).Select(n => (long)n);
}
