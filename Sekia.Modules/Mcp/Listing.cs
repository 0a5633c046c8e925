using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Mcp;

/// <summary>The parameters that listings have in common, checked.</summary>
internal static class Listing
{
    private const int DefaultLimit = 20;

    /// <summary>An assistant reads all that it is given, so a page is shorter than the API's.</summary>
    private const int MaxLimit = 200;

    /// <exception cref="BadHttpRequestException">It is out of range.</exception>
    public static int Limit(int? limit) => limit switch
    {
        null => DefaultLimit,
        >= 1 and <= MaxLimit => limit.Value,
        _ => throw new BadHttpRequestException($"Parameter 'limit' must be a whole number from 1 to {MaxLimit}."),
    };

    /// <exception cref="BadHttpRequestException">It is out of range.</exception>
    public static long Before(long? before) => before switch
    {
        null => long.MaxValue,
        >= 1 => before.Value,
        _ => throw new BadHttpRequestException($"Parameter 'before' must be a whole number from 1 to {long.MaxValue}."),
    };
}
