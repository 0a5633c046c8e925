using System.Net;
using System.Runtime.CompilerServices;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class ShippedHostTests
{
    [Fact]
    public async Task The_shipped_settings_start_the_host()
    {
        await using var host = new SekiaHost();
        File.Copy(Path.Combine(RepositoryRoot(), "appsettings.json"), host.Root.File("appsettings.json"));

        using var answer = await host.CreateClient().GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task The_banner_says_what_is_on_and_what_to_try()
    {
        await using var host = new SekiaHost();
        using var client = host.CreateClient();
        using var answer = await client.GetAsync("/readyz");

        // It is written once the host serves.
        await Eventually.HoldsAsync(() => host.Root.Log().Contains("is running", StringComparison.Ordinal));
        var log = host.Root.Log();
        Assert.Matches("on +Bus, Journal", log);
        Assert.Contains("curl http://127.0.0.1:7600/", log, StringComparison.Ordinal);
    }

    private static string RepositoryRoot([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..");
}
