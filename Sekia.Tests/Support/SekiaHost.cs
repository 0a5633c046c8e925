using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Tests.Support;

/// <summary>The whole program in this process, with a content root of its own and without a port.</summary>
/// <param name="settings">Settings by full key; the journal is in memory unless one says otherwise.</param>
/// <param name="replace">Replaces services at the edge of the process, for example the clock.</param>
internal sealed class SekiaHost(IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? replace = null)
    : WebApplicationFactory<Program>
{
    private readonly TemporaryFolder _root = new();

    /// <summary>The content root. Files that the start is to find are written before the first use of the host.</summary>
    public TemporaryFolder Root => _root;

    /// <summary>The services of the running host.</summary>
    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseContentRoot(_root.Path);
        builder.UseSetting("Logs:Console", "false");
        builder.UseSetting("Journal:Mode", "Memory");
        foreach (var (key, value) in settings ?? new Dictionary<string, string>())
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureTestServices(services => replace?.Invoke(services));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        RemoveRoot();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            RemoveRoot();
        }
    }

    private void RemoveRoot()
    {
        if (Directory.Exists(_root.Path))
        {
            _root.Dispose();
        }
    }
}
