using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sekia.Modules.Http;

/// <summary>Reads an address or a range of addresses as people write them, and nothing that could be meant otherwise.</summary>
internal static class AddressRange
{
    /// <exception cref="FormatException">The entry is none; the message says why.</exception>
    public static IPNetwork Parse(string entry) =>
        FaultOf(entry, out var range) is { } fault ? throw new FormatException($"'{entry}': {fault}.") : range;

    /// <summary>What is wrong with an entry, without a full stop; <c>null</c> when nothing is.</summary>
    public static string? FaultOf(string entry, out IPNetwork range)
    {
        range = default;
        var slash = entry.IndexOf('/', StringComparison.Ordinal);
        var text = slash < 0 ? entry : entry[..slash];

        // The parser also takes '10' (0.0.0.10), '127.1' and octal numbers: in a list of exceptions each is more likely a slip.
        if (!IPAddress.TryParse(text, out var address) || text.Contains('[', StringComparison.Ordinal) ||
            (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != text))
        {
            return "write an address such as 192.168.1.20 or a range such as 10.1.0.0/16 or fd00::/8";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return "write it as the IPv4 address it stands for";
        }

        var bits = address.GetAddressBytes().Length * 8;
        var length = bits;
        if (slash >= 0 && !(int.TryParse(entry.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= bits))
        {
            return $"after the slash comes a number from 0 to {bits}";
        }

        range = new IPNetwork(address, length);
        return null;
    }
}
