using System.Collections.Frozen;

namespace Sekia.Modules.Dashboard.Parts;

/// <summary>A piece of a line of Lua.</summary>
/// <param name="Kind">Its class in the stylesheet: <c>k</c> a word of the language, <c>s</c> a text, <c>n</c> a number, <c>c</c> a comment; <c>null</c> for the rest.</param>
internal readonly record struct LuaPiece(string? Kind, string Text);

/// <summary>Tells the kinds of words in a Lua source apart, for their colors only; each character is looked at once or twice, whatever the source is.</summary>
internal static class LuaPieces
{
    private static readonly FrozenSet<string> s_words = FrozenSet.Create(
        StringComparer.Ordinal,
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while");

    /// <summary>The lines of a source, in pieces.</summary>
    public static IReadOnlyList<IReadOnlyList<LuaPiece>> Lines(string source)
    {
        var lines = new List<List<LuaPiece>> { new() };
        var (plain, at) = (0, 0);
        while (at < source.Length)
        {
            var (kind, end) = TokenAt(source, at);
            if (kind is not null)
            {
                Add(lines, null, source.AsSpan(plain, at - plain));
                Add(lines, kind, source.AsSpan(at, end - at));
                plain = end;
            }

            at = end;
        }

        Add(lines, null, source.AsSpan(plain));
        return lines;
    }

    private static (string? Kind, int End) TokenAt(string source, int at) => source[at] switch
    {
        '-' when Has(source, at + 1, '-') => ("c", Bracketed(source, at + 2) ?? LineEnd(source, at)),
        '[' when Bracketed(source, at) is { } end => ("s", end),
        '"' or '\'' => ("s", Quoted(source, at)),
        var c when char.IsAsciiDigit(c) => ("n", WordEnd(source, at)),
        var c when char.IsAsciiLetter(c) || c == '_' => WordEnd(source, at) is var end && s_words.Contains(source[at..end]) ? ("k", end) : (null, WordEnd(source, at)),
        _ => (null, at + 1),
    };

    private static bool Has(string source, int at, char c) => at < source.Length && source[at] == c;

    private static int LineEnd(string source, int at) => source.IndexOf('\n', at) is var end and >= 0 ? end : source.Length;

    private static int WordEnd(string source, int at)
    {
        while (at < source.Length && (char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_'))
        {
            at++;
        }

        return at;
    }

    /// <summary>The end of <c>[[…]]</c> or <c>[=[…]=]</c> that begins here; <c>null</c> when none does.</summary>
    private static int? Bracketed(string source, int at)
    {
        if (!Has(source, at, '['))
        {
            return null;
        }

        var open = at + 1;
        while (Has(source, open, '='))
        {
            open++;
        }

        return Has(source, open, '[')
            ? source.IndexOf($"]{new string('=', open - at - 1)}]", open, StringComparison.Ordinal) is var close and >= 0 ? close + open - at + 1 : source.Length
            : null;
    }

    private static int Quoted(string source, int at)
    {
        var quote = source[at];
        for (at++; at < source.Length && source[at] != '\n'; at++)
        {
            if (source[at] == quote)
            {
                return at + 1;
            }

            if (source[at] == '\\')
            {
                at++;
            }
        }

        return Math.Min(at, source.Length);
    }

    private static void Add(List<List<LuaPiece>> lines, string? kind, ReadOnlySpan<char> text)
    {
        var isFirst = true;
        foreach (var part in text.Split('\n'))
        {
            if (!isFirst)
            {
                lines.Add([]);
            }

            isFirst = false;
            if (text[part].TrimEnd('\r') is { Length: > 0 } piece)
            {
                lines[^1].Add(new LuaPiece(kind, piece.ToString()));
            }
        }
    }
}
