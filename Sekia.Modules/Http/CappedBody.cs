namespace Sekia.Modules.Http;

/// <summary>The first bytes of a body, decompressed, and whether there were more.</summary>
internal readonly record struct CappedBody(ReadOnlyMemory<byte> Bytes, bool Truncated)
{
    private const int FirstBuffer = 16 * 1024;

    /// <summary>Reads at most one byte more than <paramref name="limit"/>, however small the body was on the wire.</summary>
    /// <exception cref="InvalidDataException">It is not compressed in the way its headers say.</exception>
    /// <exception cref="IOException">It broke off.</exception>
    public static async Task<CappedBody> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[Math.Min(FirstBuffer, limit + 1)];
        var length = 0;
        while (true)
        {
            var read = await ReadAsync(stream, buffer.AsMemory(length), cancellationToken);
            length += read;
            if (read == 0 || length > limit)
            {
                return new CappedBody(buffer.AsMemory(0, Math.Min(length, limit)), length > limit);
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, limit + 1L));
            }
        }
    }

    private static async ValueTask<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidOperationException fault)
        {
            // What the Brotli decoder says where the others say InvalidDataException.
            throw new InvalidDataException(fault.Message, fault);
        }
    }
}
