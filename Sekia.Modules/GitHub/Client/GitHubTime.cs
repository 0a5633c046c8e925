using System.Globalization;

namespace Sekia.Modules.GitHub.Client;

/// <summary>
/// Times as GitHub writes them, to the second and in UTC, so that texts compare as times do. They are all GitHub's own: the clock of this
/// machine may be wrong.
/// </summary>
internal static class GitHubTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>A time some time earlier.</summary>
    public static string Before(string time, TimeSpan by) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? Of(at - by) : time;

    public static bool IsAfter(string time, string other) => string.CompareOrdinal(time, other) > 0;
}
