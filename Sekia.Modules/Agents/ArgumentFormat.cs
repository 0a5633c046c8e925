using System.Globalization;
using System.Text.Json;

namespace Sekia.Modules.Agents;

/// <summary>A schema's <c>format</c>: how a text must be made so that the method's parameter can hold it.</summary>
/// <param name="Words">What is asked for, with an example.</param>
/// <param name="Fits">Whether a JSON string is so made.</param>
internal sealed record ArgumentFormat(string Words, Func<JsonElement, bool> Fits)
{
    /// <summary>The format of that name; <c>null</c> when it sets nothing that could be checked here.</summary>
    public static ArgumentFormat? Named(string name) => name switch
    {
        "date-time" => new("a date and time such as 2026-03-01T09:30:00Z", value => value.TryGetDateTimeOffset(out _)),
        "date" => new("a date such as 2026-03-01", value =>
            DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)),
        "uuid" => new("a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057", value => value.TryGetGuid(out _)),
        "uri" => new("an address such as https://example.org/page", value => Uri.TryCreate(value.GetString(), UriKind.Absolute, out _)),
        _ => null,
    };
}
