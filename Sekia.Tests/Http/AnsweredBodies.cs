using System.IO.Compression;
using System.Text.Json;
using Sekia.Modules.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.Http;

/// <summary>What the agent makes of a body, byte for byte as a server sends it.</summary>
internal static class AnsweredBodies
{
    public static async Task<JsonElement> AnswerWithBytesAsync(byte[] body, string type, int limit = 256 * 1024, string? encoding = null)
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", async context =>
        {
            context.Response.Headers.ContentType = type;
            context.Response.Headers.ContentEncoding = encoding;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        });
        using var http = HttpAgentHarness.OfThisMachine();
        http.Options.Current = new HttpOptions { AllowedAddresses = ["127.0.0.1"], MaxResponseBytes = limit };
        return await http.GetAsync(server.Address);
    }

    public static byte[] Pack(string encoding, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (Stream packer = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest),
            "deflate" => new ZLibStream(packed, CompressionLevel.Fastest),
            _ => new BrotliStream(packed, CompressionLevel.Fastest),
        })
        {
            packer.Write(bytes);
        }

        return packed.ToArray();
    }
}
