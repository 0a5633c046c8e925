using System.Threading.Channels;

namespace Sekia.Modules.Bus;

/// <summary>One live listener. When it is slow it loses its oldest messages, and is told how many; it never holds up anyone.</summary>
public sealed class Subscription : IDisposable
{
    private readonly Channel<Message> _waiting;
    private readonly Action<Subscription> _leave;
    private long _dropped;
    private long _reported;

    internal Subscription(int capacity, Action<Subscription> leave)
    {
        _leave = leave;
        _waiting = Channel.CreateBounded<Message>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>How many messages this listener has lost so far.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>How many were lost since this was last asked.</summary>
    public long TakeDropped()
    {
        var dropped = Dropped;
        return dropped - Interlocked.Exchange(ref _reported, dropped);
    }

    /// <summary>The messages, in order, until disposed or cancelled. One reader at a time.</summary>
    public IAsyncEnumerable<Message> ReadAllAsync(CancellationToken cancellationToken) => _waiting.Reader.ReadAllAsync(cancellationToken);

    public void Dispose()
    {
        _leave(this);
        _waiting.Writer.TryComplete();
    }

    internal void Offer(Message message) => _waiting.Writer.TryWrite(message);
}
