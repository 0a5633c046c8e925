using System.Buffers.Binary;

namespace Sekia.Modules.Journal;

/// <summary>
/// The public ids of journal entries: a prefix and a UUID (version 8, RFC 9562) made of the time, the entry's number and the
/// journal's salt. An id is computed when someone looks, never stored, and leads straight to its row without an index.
/// </summary>
internal static class JournalId
{
    public const string Event = "evt_";
    public const string Command = "cmd_";
    public const string Run = "run_";

    /// <summary>Numbers have 42 bits: a million a second for fifty years.</summary>
    private const int NumberBits = 42;

    /// <param name="prefix">What kind of entry.</param>
    /// <param name="number">Its journal number.</param>
    /// <param name="time">When it was accepted, in Unix milliseconds.</param>
    /// <param name="salt">32 random bits, one draw per journal.</param>
    public static string Of(string prefix, long number, long time, uint salt)
    {
        Span<byte> bytes = stackalloc byte[16];
        var high = ((ulong)time << 16) | 0x8000 | (salt >> 20);
        var low = 0x8000_0000_0000_0000UL | ((ulong)(salt & 0xFFFFF) << NumberBits) | (ulong)number;
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return string.Concat(prefix, new Guid(bytes, bigEndian: true).ToString());
    }

    /// <summary>The number inside an id of this kind; <c>null</c> when it cannot be one. Whoever asks compares the whole id with the entry's.</summary>
    public static long? NumberIn(string prefix, string id)
    {
        if (!id.StartsWith(prefix, StringComparison.Ordinal) || !Guid.TryParseExact(id.AsSpan(prefix.Length), "D", out var guid))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        return (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & ((1UL << NumberBits) - 1));
    }
}
