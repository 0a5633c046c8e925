namespace Sekia.Modules.Cli;

/// <summary>A stream that can only be written, and whose faults are told from those of everything else.</summary>
/// <param name="inner">Where it goes.</param>
/// <param name="onFault">What a fault comes to.</param>
internal sealed class WatchedOutput(Stream inner, Action<IOException> onFault) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (IOException fault)
        {
            onFault(fault);
        }
        catch (UnauthorizedAccessException fault)
        {
            // It was closed before the program began, and the number is that of something else now.
            onFault(new IOException("it is closed", fault));
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>An output that was closed before the program began.</summary>
internal sealed class ClosedOutput(string reason) : MemoryStream
{
    public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException(reason);
}
