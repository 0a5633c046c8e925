namespace Sekia.Modules.Bus;

/// <summary>
/// Which subjects someone listens to, by the rules of NATS: <c>*</c> stands for exactly one token, <c>&gt;</c> for one or
/// more and only as the last token. Both stand for whole tokens: <c>a*</c> is a plain token that has a star in it, and refused.
/// </summary>
public sealed class SubjectPattern : IEquatable<SubjectPattern>
{
    private SubjectPattern(string text, string[] tokens)
    {
        Text = text;
        Tokens = tokens;
    }

    /// <summary>The pattern as it was written.</summary>
    public string Text { get; }

    /// <summary>Its tokens, in order.</summary>
    internal IReadOnlyList<string> Tokens { get; }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="FormatException">It breaks a rule; the message names the pattern and the rule.</exception>
    public static SubjectPattern Parse(string text)
    {
        var fault = FaultOf(text, out var tokens);
        return fault is null ? new SubjectPattern(text, tokens) : throw new FormatException(fault);
    }

    /// <summary>What is wrong with a pattern, in a sentence; <c>null</c> when nothing is.</summary>
    public static string? FaultOf(string text) => FaultOf(text, out _);

    /// <summary>Whether a well-formed subject matches.</summary>
    public bool Matches(ReadOnlySpan<char> subject)
    {
        for (var i = 0; i < Tokens.Count; i++)
        {
            if (Tokens[i] == ">")
            {
                return subject.Length > 0;
            }

            if (subject.Length == 0)
            {
                return false;
            }

            var dot = subject.IndexOf('.');
            var token = dot < 0 ? subject : subject[..dot];
            if (Tokens[i] != "*" && !token.SequenceEqual(Tokens[i]))
            {
                return false;
            }

            subject = dot < 0 ? [] : subject[(dot + 1)..];
        }

        return subject.Length == 0;
    }

    public bool Equals(SubjectPattern? other) => other is not null && other.Text == Text;

    public override bool Equals(object? obj) => Equals(obj as SubjectPattern);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    private static string? FaultOf(string text, out string[] tokens)
    {
        tokens = [];
        if (Subject.FaultOfTokens(text, "pattern") is { } fault)
        {
            return fault;
        }

        tokens = text.Split('.');
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] == ">" && i < tokens.Length - 1)
            {
                return $"pattern '{text}': '>' stands for the rest and must be the last token";
            }

            if (tokens[i].Length > 1 && tokens[i].AsSpan().IndexOfAny('*', '>') >= 0)
            {
                return $"pattern '{text}': a wildcard must be a token of its own, not part of '{tokens[i]}'";
            }
        }

        return null;
    }
}
