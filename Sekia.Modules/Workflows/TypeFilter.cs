using System.Text.RegularExpressions;

namespace Sekia.Modules.Workflows;

/// <summary>Which event types a handler wants; <c>*</c> stands for any characters. Applied before the script is entered.</summary>
internal sealed class TypeFilter(IReadOnlyList<string> types)
{
    private readonly HashSet<string> _exact = [.. types.Where(type => !type.Contains('*', StringComparison.Ordinal))];

    private readonly Regex[] _patterns =
    [
        .. types.Where(type => type.Contains('*', StringComparison.Ordinal)).Select(type =>
            new Regex("^" + Regex.Escape(type).Replace("\\*", ".*", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)),
    ];

    public IReadOnlyList<string> Types { get; } = types;

    public bool Matches(string type) => _exact.Contains(type) || Array.Exists(_patterns, pattern => pattern.IsMatch(type));
}
