using System.Net;
using System.Net.Sockets;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Slows down whoever tries one password after another.</summary>
internal sealed class GuessBrake(TimeProvider clock)
{
    /// <summary>So many wrong ones from one address, and it has to wait.</summary>
    public const int Allowed = 5;

    /// <summary>More addresses than this are not remembered; the one that was quiet the longest is forgotten.</summary>
    public const int MaxAddresses = 1000;

    /// <summary>How long an address that has used them up has to wait, and how long one has to be quiet to be forgotten.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Tries> _wrong = [];

    /// <summary>How many addresses are remembered.</summary>
    public int Addresses
    {
        get
        {
            lock (_lock)
            {
                return _wrong.Count;
            }
        }
    }

    /// <summary>How long an address has to wait before it may try again; <c>null</c> when it may now.</summary>
    public TimeSpan? WaitOf(IPAddress? address)
    {
        lock (_lock)
        {
            return _wrong.TryGetValue(KeyOf(address), out var tries) && tries.Count >= Allowed && tries.Last + Pause - clock.GetUtcNow() is { Ticks: > 0 } left ? left : null;
        }
    }

    /// <summary>Notes a wrong login, or what is no token at all.</summary>
    public void Count(IPAddress? address)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            var key = KeyOf(address);
            var before = _wrong.TryGetValue(key, out var tries) && tries.Last + Pause > now ? tries.Count : 0;
            if (_wrong.Count == MaxAddresses && !_wrong.ContainsKey(key))
            {
                _wrong.Remove(_wrong.MinBy(entry => entry.Value.Last).Key);
            }

            _wrong[key] = new Tries(before + 1, now);
        }
    }

    /// <summary>One subscriber commonly has all the addresses of an IPv6 network of 64 bits: they count as one.</summary>
    private static IPAddress KeyOf(IPAddress? address)
    {
        if (address is null or { AddressFamily: AddressFamily.InterNetwork })
        {
            return address ?? IPAddress.None;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var network = address.GetAddressBytes();
        network.AsSpan(8).Clear();
        return new IPAddress(network);
    }

    private readonly record struct Tries(int Count, DateTimeOffset Last);
}
