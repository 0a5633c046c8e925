using System.Text.Json;

namespace Sekia.Modules.GitHub.Client;

/// <summary>GitHub's error messages, made fit to stand in one of ours.</summary>
internal static class GitHubWords
{
    private const int MaxMessage = 300;
    private const int MaxDetails = 10;

    /// <summary>Message and validation details on one line; empty when there is nothing to say.</summary>
    public static string Of(GitHubErrorBody? body)
    {
        if (body?.Message is not { Length: > 0 } message)
        {
            return "";
        }

        var details = DetailsOf(body.Errors).Where(detail => detail.Length > 0).Take(MaxDetails).ToArray();
        return details.Length == 0 ? OneLine(message) : $"{OneLine(message).TrimEnd('.')} ({string.Join("; ", details)})";
    }

    /// <summary>A text cut to a length that can be read, without line breaks and control characters.</summary>
    public static string OneLine(string text)
    {
        var cut = text.Length > MaxMessage ? text[..MaxMessage] + "…" : text;
        return string.Join(' ', string.Concat(cut.Select(c => char.IsControl(c) ? ' ' : c)).Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static IEnumerable<string> DetailsOf(JsonElement? errors) => errors switch
    {
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select(DetailOf),
        { ValueKind: JsonValueKind.String } text => [OneLine(text.GetString() ?? "")],
        _ => [],
    };

    /// <summary>GitHub has them as text, or as resource, field, code and sometimes a message.</summary>
    private static string DetailOf(JsonElement error)
    {
        if (error.ValueKind == JsonValueKind.String)
        {
            return OneLine(error.GetString() ?? "");
        }

        if (error.ValueKind != JsonValueKind.Object)
        {
            return "";
        }

        var place = string.Join('.', new[] { Text(error, "resource"), Text(error, "field") }.Where(part => part.Length > 0));
        var fault = Text(error, "message") is { Length: > 0 } message ? message : Text(error, "code");
        return OneLine(place.Length == 0 ? fault : $"{place}: {fault}");
    }

    private static string Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";
}
