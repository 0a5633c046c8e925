using System.Globalization;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Api;

/// <summary>The parameters of a listing, checked: an unknown name or a bad value is a refusal that names it, never a silent default.</summary>
internal readonly struct ApiQuery(HttpRequest request, params string[] known)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;

    /// <summary>No answer carries more than about this, in bytes of payload: it goes on with the next page.</summary>
    public const long MaxBytes = 8L << 20;

    /// <summary>How <c>limit</c> is described.</summary>
    public static readonly RouteParameter LimitParameter = new("limit", "At most so many; 100 when absent, 1000 at most", "integer");

    /// <summary>How <c>before</c> is described.</summary>
    public static readonly RouteParameter BeforeParameter = new("before", "Only entries with a smaller number", "integer");

    /// <summary>The parameters this listing does not have, in a sentence.</summary>
    /// <exception cref="BadHttpRequestException">There is one.</exception>
    public void Check()
    {
        foreach (var name in request.Query.Keys)
        {
            if (!known.Contains(name))
            {
                throw new BadHttpRequestException($"Unknown parameter '{name}'; this listing has {string.Join(", ", known)}.");
            }
        }
    }

    /// <summary>The text of a parameter; <c>null</c> when it is absent or empty.</summary>
    public string? Text(string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>The text of a parameter that says what is decided about: left empty, it is a variable that was not set, and does not mean all.</summary>
    /// <returns><c>null</c> when it is absent.</returns>
    /// <exception cref="BadHttpRequestException">It is there and empty.</exception>
    public string? TextUnlessEmpty(string name) => !request.Query.ContainsKey(name) || Text(name) is not null
        ? Text(name)
        : throw new BadHttpRequestException($"Parameter '{name}' is empty. Give it a value, or leave it out, which means all.");

    /// <exception cref="BadHttpRequestException">It is not a whole number in the range.</exception>
    public long Number(string name, long absent, long least, long most)
    {
        if (Text(name) is not { } text)
        {
            return absent;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new BadHttpRequestException($"Parameter '{name}' must be a whole number from {least} to {most}.");
    }

    /// <inheritdoc cref="Number"/>
    public int Limit() => (int)Number("limit", DefaultLimit, 1, MaxLimit);
}
