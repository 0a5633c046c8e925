using System.Globalization;
using System.Net.Http.Headers;

namespace Sekia.Modules.GitHub.Client;

/// <summary>How much may still be asked of GitHub, as its last answer had it.</summary>
/// <param name="Limit">Requests an hour.</param>
/// <param name="Remaining">How many of them are left.</param>
/// <param name="Reset">When they are counted anew.</param>
/// <param name="Resource">What they are counted for: <c>core</c>, <c>search</c>, <c>graphql</c>.</param>
internal sealed record GitHubRateLimit(int Limit, int Remaining, DateTimeOffset Reset, string Resource)
{
    /// <summary>What all but search and GraphQL is counted for.</summary>
    public const string Core = "core";

    /// <summary>Reads the headers; <c>null</c> when they are not there or not numbers.</summary>
    public static GitHubRateLimit? Of(HttpResponseHeaders headers) =>
        Number(headers, "X-RateLimit-Limit") is { } limit and <= int.MaxValue
        && Number(headers, "X-RateLimit-Remaining") is { } remaining and <= int.MaxValue
        && Number(headers, "X-RateLimit-Reset") is { } reset and < 253_402_300_800
            ? new GitHubRateLimit((int)limit, (int)remaining, DateTimeOffset.FromUnixTimeSeconds(reset), Text(headers, "X-RateLimit-Resource") ?? Core)
            : null;

    private static long? Number(HttpResponseHeaders headers, string name) =>
        long.TryParse(Text(headers, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Text(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.First() : null;
}
