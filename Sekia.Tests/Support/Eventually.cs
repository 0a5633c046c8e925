using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sekia.Tests.Support;

/// <summary>Waits for a fact that comes by itself, and for no longer than any fact should take.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until a condition holds.</summary>
    public static Task HoldsAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        GetAsync(() => Task.FromResult(condition() ? "" : null), () => what);

    /// <summary>Waits until there is something, and gives it.</summary>
    /// <param name="what">What was waited for, and what there is instead.</param>
    /// <param name="limit">For what takes long by design.</param>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> get, Func<string> what, TimeSpan? limit = null)
        where T : class
    {
        var most = limit ?? s_limit;
        var since = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(s_interval);
        do
        {
            if (await get() is { } found)
            {
                return found;
            }
        }
        while (since.Elapsed < most && await timer.WaitForNextTickAsync());

        throw new TimeoutException($"Not within {most.TotalSeconds} s: {what()}");
    }
}
