using Microsoft.Extensions.Hosting;

namespace Sekia.Modules.Hosting;

/// <summary>One reason why the host might not be ready. A module registers as many as it has, as singletons.</summary>
/// <param name="NotReadyBecause">Asked at each <c>GET /readyz</c>: a sentence, or <c>null</c> when all is well. Must be quick and must not throw.</param>
public sealed record ReadinessCheck(Func<string?> NotReadyBecause);

/// <summary>Whether the host can do its work now.</summary>
public sealed class Readiness(IEnumerable<ReadinessCheck> checks, IHostApplicationLifetime lifetime)
{
    private readonly ReadinessCheck[] _checks = [.. checks];

    /// <summary>Why not, in one sentence; <c>null</c> when it can.</summary>
    public string? NotReadyBecause
    {
        get
        {
            if (!lifetime.ApplicationStarted.IsCancellationRequested)
            {
                return "starting";
            }

            return lifetime.ApplicationStopping.IsCancellationRequested
                ? "stopping"
                : _checks.Select(check => check.NotReadyBecause()).FirstOrDefault(reason => reason is not null);
        }
    }
}
