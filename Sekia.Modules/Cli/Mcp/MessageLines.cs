using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Mcp;

/// <summary>JSON-RPC messages, one on each line.</summary>
internal sealed class MessageLines(TextReader input, Stream output) : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1);

    /// <summary>The next line; <c>null</c> when the client has closed its end.</summary>
    public ValueTask<string?> ReadAsync(CancellationToken cancellationToken) => input.ReadLineAsync(cancellationToken);

    public async Task WriteAsync(JsonNode message)
    {
        // In one piece and without line breaks, whatever stands in it.
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(message, CliJson.Plain), (byte)'\n'];
        await _writing.WaitAsync();
        try
        {
            await output.WriteAsync(line);
            await output.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();
}
