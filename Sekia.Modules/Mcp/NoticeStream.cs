using System.Threading.Channels;

namespace Sekia.Modules.Mcp;

/// <summary>
/// What the SDK writes its unasked messages to, for as long as a session lives. The client's connection may break and come back: whoever
/// listens now gets what is written now. Each flush ends a message.
/// </summary>
internal sealed class NoticeStream : Stream
{
    /// <summary>Notices that wait for a client; when it is away for long, the oldest are dropped. They tell that something is to be read anew, not what.</summary>
    private const int MaxWaiting = 256;

    private readonly Channel<byte[]> _messages = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly MemoryStream _message = new();

    public ChannelReader<byte[]> Messages => _messages.Reader;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => _message.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => _message.Write(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        _message.Write(buffer, offset, count);
        return Task.CompletedTask;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _message.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
        if (_message.Length > 0)
        {
            _messages.Writer.TryWrite(_message.ToArray());
            _message.SetLength(0);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        Flush();
        return Task.CompletedTask;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
