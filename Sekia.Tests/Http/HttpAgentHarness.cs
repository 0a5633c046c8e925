using System.Text.Json;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;
using Sekia.Modules.Http;

namespace Sekia.Tests.Http;

/// <summary>An http agent that may ask this machine, and the way the dispatcher calls it.</summary>
internal sealed class HttpAgentHarness : IDisposable
{
    private readonly HttpAgent _agent;

    public HttpAgentHarness(params string[] allowedAddresses)
    {
        Options = new LiveOptions<HttpOptions>(new HttpOptions { AllowedAddresses = [.. allowedAddresses] });
        _agent = new HttpAgent("http-agent", Options, TimeProvider.System);
    }

    public LiveOptions<HttpOptions> Options { get; }

    public AgentCommand Command => Assert.Single(_agent.Commands);

    public static HttpAgentHarness OfThisMachine() => new("127.0.0.0/8");

    /// <summary>Calls <c>request</c> with a payload and gives its answer.</summary>
    public async Task<JsonElement> AskAsync(object payload)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var arguments = ArgumentCheck.Read(Command, JsonSerializer.SerializeToUtf8Bytes(payload));
        return JsonElement.Parse((await Command.InvokeAsync(arguments, new CommandContext("cmd_1", DateTimeOffset.UnixEpoch, null), timeout.Token)).Span);
    }

    public Task<JsonElement> GetAsync(string url) => AskAsync(new { method = "GET", url });

    /// <summary>The sentence with which the command fails for good.</summary>
    public async Task<string> RefusalAsync(object payload) =>
        (await Assert.ThrowsAsync<CommandFailedException>(() => AskAsync(payload))).Message;

    public void Dispose() => _agent.Dispose();
}
