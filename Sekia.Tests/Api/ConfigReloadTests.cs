using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Bus;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

public sealed class ConfigReloadTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Fact]
    public async Task Settings_that_are_refused_are_not_taken_and_nobody_else_is_told_to_read_them()
    {
        await using var host = await StreamHost.StartAsync(_root);
        using var told = host.Host.Services.GetRequiredService<LiveFeed>().Subscribe(SubjectPattern.Parse("sekia.config.>"));

        _root.Write("appsettings.json", """{ "Journal": { "MaxPayloadBytes": -1 } }""");
        var refused = await ReloadAsync(host, "");
        _root.Write("appsettings.json", """{ "Journal": { "MaxPayloadBytes": 2048 } }""");
        var taken = await ReloadAsync(host, "?target=sekiad");

        Assert.Equal((false, true), ((bool)refused["taken"]!, (bool)taken["taken"]!));
        Assert.Contains("Journal:MaxPayloadBytes", (string)refused["detail"]!, StringComparison.Ordinal);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Assert.Equal("sekia.config.reload.sekiad", (await told.ReadAllAsync(limit.Token).FirstAsync(limit.Token)).Subject);
    }

    public void Dispose() => _root.Dispose();

    private static async Task<JsonNode> ReloadAsync(StreamHost host, string query)
    {
        using var answer = await host.Host.Client().PostAsync("/api/v1/config/reload" + query, content: null);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
