using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

/// <summary>Work on several connections, and the end of the process in the middle of it.</summary>
internal static class KillRound
{
    /// <summary>Lets all post until they have had a number of answers together; some instructions later the process is killed.</summary>
    /// <param name="sekia">The process.</param>
    /// <param name="posters">One for each connection.</param>
    /// <param name="post">Posts until told to stop, and calls back after each answer.</param>
    /// <param name="answers">How many answers to wait for.</param>
    /// <param name="spin">How many turns of an empty loop to wait after that.</param>
    public static async Task PlayAsync<TPoster>(
        RunningSekia sekia, IEnumerable<TPoster> posters, Func<TPoster, Action, CancellationToken, Task> post, int answers, int spin)
    {
        using var posting = new CancellationTokenSource();
        var enough = new TaskCompletionSource();
        var answered = 0;
        void Count()
        {
            if (Interlocked.Increment(ref answered) == answers)
            {
                enough.SetResult();
            }
        }

        var all = Task.WhenAll(posters.Select(poster => Task.Run(() => post(poster, Count, posting.Token))));
        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Thread.SpinWait(spin);
        sekia.Kill();
        await posting.CancelAsync();
        await all;
    }
}
