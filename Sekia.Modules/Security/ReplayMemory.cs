namespace Sekia.Modules.Security;

/// <summary>Remembers each delivery until it expires. When full it says so: to forget one would be to accept it twice.</summary>
internal sealed class ReplayMemory(int capacity = ReplayMemory.UsualCapacity)
{
    /// <summary>Over 500 deliveries a second at the default lifetime.</summary>
    public const int UsualCapacity = 65_536;

    private readonly Lock _gate = new();
    private readonly HashSet<(string Agent, string Id)> _seen = [];
    private readonly PriorityQueue<(string Agent, string Id), long> _byExpiry = new();

    /// <summary>How many deliveries it remembers at a time.</summary>
    public int Capacity => capacity;

    /// <summary>Remembers a delivery that is not remembered yet.</summary>
    /// <param name="expires">Unix seconds; through this second a delivery is valid, and so remembered.</param>
    /// <param name="now">Unix seconds.</param>
    public CommandTrust Add(string agent, string id, long expires, long now)
    {
        lock (_gate)
        {
            while (_byExpiry.TryPeek(out var oldest, out var expiry) && expiry < now)
            {
                _byExpiry.Dequeue();
                _seen.Remove(oldest);
            }

            if (_seen.Contains((agent, id)))
            {
                return CommandTrust.Replayed;
            }

            if (_seen.Count >= capacity)
            {
                return CommandTrust.MemoryFull;
            }

            _seen.Add((agent, id));
            _byExpiry.Enqueue((agent, id), expires);
            return CommandTrust.Accepted;
        }
    }
}
