using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Hosting;

/// <summary>Reads a request's body, whether its length was announced or not.</summary>
internal static class RequestBody
{
    /// <summary>The body; <c>null</c> as soon as it is clear that it is longer than the limit.</summary>
    public static async ValueTask<byte[]?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        using var watched = LateBodies.Watch(request.HttpContext);
        var reader = request.BodyReader;
        while (true)
        {
            var read = await NextAsync(reader, cancellationToken);
            if (read.Buffer.Length > limit)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>A chunk of a size that no number holds the web server takes for a fault of the connection.</summary>
    private static async ValueTask<ReadResult> NextAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken);
        }
        catch (IOException fault) when (fault is not BadHttpRequestException)
        {
            throw new BadHttpRequestException("The body has not come as the protocol has it, or broke off. Send it again as a whole.", StatusCodes.Status400BadRequest, fault);
        }
    }
}
