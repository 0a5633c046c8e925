using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sekia.Modules.Hosting.Access;

/// <summary>
/// Cuts off requests whose body still comes some time after the host was told to stop. The web server would wait for them until the
/// whole limit of the stop is spent, and nothing of it would be left for commands that are with their agents.
/// </summary>
internal sealed class LateBodies : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenRegistration _stopping;

    public LateBodies(IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        _late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        _stopping = lifetime.ApplicationStopping.Register(() => _late.CancelAfter(s_grace));
    }

    /// <summary>From now until it is disposed, the request is one whose body is being read.</summary>
    public static CancellationTokenRegistration Watch(HttpContext context) =>
        context.RequestServices.GetRequiredService<LateBodies>()._late.Token.UnsafeRegister(request => ((HttpContext)request!).Abort(), context);

    public void Dispose()
    {
        _stopping.Dispose();
        _late.Dispose();
    }
}
