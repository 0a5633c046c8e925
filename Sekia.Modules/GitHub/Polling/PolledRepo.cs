using System.Globalization;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>A repository of the settings.</summary>
internal sealed record PolledRepo(string Owner, string Name)
{
    /// <summary>Its address below the API's root.</summary>
    public string Path => GitHubPath.Repository(Owner, Name);

    /// <summary>What is wrong with a text that should be <c>owner/repo</c>; <c>null</c> when nothing is.</summary>
    public static string? FaultOf(string text) => text.Split('/') is [{ Length: > 0 } owner, { Length: > 0 } name] && IsName(owner) && IsName(name)
        ? null
        : "is not of the form owner/repo";

    /// <summary>Of a text without fault.</summary>
    public static PolledRepo Parse(string text) => text.Split('/') is [var owner, var name] ? new PolledRepo(owner, name) : throw new FormatException(text);

    /// <summary>The number with which the address of an issue ends; 0 when it ends with none.</summary>
    public static int NumberAtEndOf(string address) =>
        int.TryParse(address.AsSpan(address.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public override string ToString() => $"{Owner}/{Name}";

    private static bool IsName(string text) => text is not ("." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
