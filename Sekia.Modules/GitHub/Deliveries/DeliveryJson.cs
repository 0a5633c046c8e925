using System.Text.Json;

namespace Sekia.Modules.GitHub.Deliveries;

/// <summary>
/// Reads a delivery as Go reads one: what is missing, null or of another kind is empty. GitHub sends null for the user of a deleted
/// account, for an issue without text, for the last commit of a deleted branch.
/// </summary>
internal static class DeliveryJson
{
    /// <summary>What stands at the end of a path of names; an element of kind <see cref="JsonValueKind.Undefined"/> when nothing does.</summary>
    public static JsonElement At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return default;
            }
        }

        return element;
    }

    public static bool IsObject(this JsonElement element) => element.ValueKind == JsonValueKind.Object;

    /// <summary>A text, or a number as it is written.</summary>
    public static string Text(this JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Number => element.GetRawText(),
        _ => "",
    };

    public static long Number(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number) ? number : 0;

    public static int Count(this JsonElement element) => element.ValueKind == JsonValueKind.Array ? element.GetArrayLength() : 0;
}
