using System.Net;
using System.Net.Sockets;

namespace Sekia.Modules.Http;

/// <summary>
/// The addresses that are not a public host's: this machine, its network, and what the registries of special-purpose addresses
/// (RFC 6890 and its successors) set aside. A request that anyone can cause must not reach them.
/// </summary>
internal static class ClosedAddresses
{
    private static readonly (IPNetwork Range, string Kind)[] s_closed =
    [
        .. Ranges("unspecified", "0.0.0.0/8"),
        .. Ranges("loopback", "127.0.0.0/8"),
        .. Ranges("private", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        .. Ranges("link-local", "169.254.0.0/16"),
        .. Ranges("carrier-grade NAT", "100.64.0.0/10"),
        .. Ranges("set aside for protocols", "192.0.0.0/24", "192.88.99.0/24", "2001::/23"),
        .. Ranges("set aside for tests and documentation", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
        .. Ranges("multicast", "224.0.0.0/4", "ff00::/8"),
        .. Ranges("broadcast", "255.255.255.255/32"),
        .. Ranges("reserved", "240.0.0.0/4"),
        .. Ranges("unspecified", "::/128"),
        .. Ranges("loopback", "::1/128"),
        .. Ranges("private", "fc00::/7"),
        .. Ranges("link-local", "fe80::/10"),
        .. Ranges("site-local", "fec0::/10"),
    ];

    /// <summary>Where all public IPv6 hosts are; the rest of the space is special or not given out.</summary>
    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3");

    /// <summary>By which a host that speaks only IPv6 reaches the public IPv4 hosts.</summary>
    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>IPv6 ranges whose addresses carry an IPv4 address, and the byte at which it begins: a translator on the way unpacks it.</summary>
    private static readonly (IPNetwork Range, int Offset)[] s_carriers =
    [
        (s_translated, 12),
        (IPNetwork.Parse("2002::/16"), 2),
    ];

    /// <summary>What kind of closed address this is, for example "loopback"; <c>null</c> when it is public.</summary>
    public static string? KindOf(IPAddress address)
    {
        address = Plain(address);
        foreach (var (range, kind) in s_closed)
        {
            if (range.Contains(address))
            {
                return kind;
            }
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        if (Carried(address) is { } carried && KindOf(carried) is { } kindOfCarried)
        {
            return $"{kindOfCarried} inside IPv6";
        }

        return s_global.Contains(address) || s_translated.Contains(address) ? null : "reserved";
    }

    /// <summary>The address without the disguise of an IPv4 address as IPv6, for which the system opens the IPv4 one.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPAddress? Carried(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        foreach (var (range, offset) in s_carriers)
        {
            if (range.Contains(address))
            {
                return new IPAddress(bytes.AsSpan(offset, 4));
            }
        }

        // ISATAP has no range of its own: any network may carry it, marked by 0000:5efe or 0200:5efe in the lower half.
        return (bytes[8] & 0xFD) == 0 && bytes.AsSpan(9, 3).SequenceEqual<byte>([0x00, 0x5E, 0xFE]) ? new IPAddress(bytes.AsSpan(12, 4)) : null;
    }

    private static IEnumerable<(IPNetwork Range, string Kind)> Ranges(string kind, params string[] ranges) =>
        ranges.Select(range => (IPNetwork.Parse(range), kind));
}
