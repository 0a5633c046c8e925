using System.Runtime.InteropServices;

namespace Sekia.Modules.Cli;

/// <summary>Ctrl+C, and the polite end that a service manager asks for.</summary>
internal static class Interruption
{
    /// <summary>Does something until it is done or somebody has had enough.</summary>
    /// <param name="work">Ends early when its token says so; whatever it throws from then on is of no account.</param>
    /// <param name="stop">Ends it too.</param>
    /// <returns>Whether it was done.</returns>
    public static async Task<bool> UntilToldAsync(Func<CancellationToken, Task> work, CancellationToken stop)
    {
        using var told = CancellationTokenSource.CreateLinkedTokenSource(stop);
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            told.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        try
        {
            await work(told.Token);
            return true;
        }
        catch (Exception) when (told.IsCancellationRequested)
        {
            return false;
        }
    }
}
