using System.Text;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>
/// Which kinds of events a block of the journal may hold: a Bloom filter over subject, type and source, and over their combinations. It costs
/// an insert nothing, for it is made when its block is complete, and a rare kind among millions of events is found without reading the others.
/// </summary>
internal static class EventBlock
{
    /// <summary>Events in a block: their numbers divided by this are the same. Stored; do not change it.</summary>
    public const int Size = 1024;

    /// <summary>With thirty kinds in a block, one block in about a thousand is read in vain; with some hundred kinds, every block is read.</summary>
    private const int Bytes = 1024;
    private const int Bits = Bytes * 8;
    private const int Probes = 4;

    private const char Separator = '\u001F';

    public static long Of(long seq) => seq / Size;

    public static long First(long block) => block * Size;

    public static long Last(long block) => First(block) + Size - 1;

    /// <summary>The filter of a block.</summary>
    public static byte[] Kinds(IEnumerable<(string Subject, string Type, string Source)> events)
    {
        var filter = new byte[Bytes];
        foreach (var (subject, type, source) in events)
        {
            foreach (var asksType in new[] { type, null })
            {
                foreach (var asksSource in new[] { source, null })
                {
                    Add(filter, Hash(token: null, 0, asksType, asksSource));
                    var tokens = subject.Split('.');
                    for (var i = 0; i < tokens.Length; i++)
                    {
                        Add(filter, Hash(tokens[i], i, asksType, asksSource));
                    }
                }
            }
        }

        return filter;
    }

    /// <summary>What a filter has to hold, so that its block may hold what is looked for; empty when any block may.</summary>
    public static ulong[] Wanted(EventSelection wanted)
    {
        var literals = (wanted.Subject?.Tokens ?? []).Index().Where(token => token.Item is not ("*" or ">")).ToList();
        return literals.Count > 0 ? [.. literals.Select(token => Hash(token.Item, token.Index, wanted.Type, wanted.Source))]
            : wanted.Type is not null || wanted.Source is not null ? [Hash(token: null, 0, wanted.Type, wanted.Source)]
            : [];
    }

    public static bool MayHold(ReadOnlySpan<byte> filter, ulong[] wanted)
    {
        foreach (var hash in wanted)
        {
            for (var probe = 0; probe < Probes; probe++)
            {
                var bit = Bit(hash, probe);
                if (filter.Length != Bytes || (filter[bit / 8] & (1 << (bit % 8))) == 0)
                {
                    // A filter of another size is of a version that is to come: its block is read.
                    return filter.Length != Bytes;
                }
            }
        }

        return true;
    }

    private static void Add(byte[] filter, ulong hash)
    {
        for (var probe = 0; probe < Probes; probe++)
        {
            var bit = Bit(hash, probe);
            filter[bit / 8] |= (byte)(1 << (bit % 8));
        }
    }

    private static int Bit(ulong hash, int probe) => (int)((uint)((uint)hash + ((uint)probe * (uint)((hash >> 32) | 1))) % Bits);

    /// <summary>FNV-1a, whose lower bits are then mixed: it stands in files, so it is the same on every machine and for ever.</summary>
    private static ulong Hash(string? token, int place, string? type, string? source)
    {
        var text = token is null ? $"{Separator}{type}{Separator}{source}" : $"{place}{token}{Separator}{type}{Separator}{source}";
        var hash = 14695981039346656037;
        foreach (var one in Encoding.UTF8.GetBytes(text + (type is null ? 'a' : 'b') + (source is null ? 'a' : 'b')))
        {
            hash = (hash ^ one) * 1099511628211;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        return hash ^ (hash >> 29);
    }
}

/// <summary>Which events someone looks for; what is <c>null</c> does not matter.</summary>
public sealed record EventSelection(SubjectPattern? Subject = null, string? Type = null, string? Source = null);
