using System.Globalization;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>How the text of a setting becomes a value, and how to describe the text that is expected.</summary>
internal static class SettingText
{
    /// <summary>Whether a value of this type is written as one text, unlike an object or a list.</summary>
    public static bool IsScalar(Type type) =>
        type == typeof(string) || type.IsEnum || type.IsPrimitive || type == typeof(decimal) || type == typeof(TimeSpan) || type == typeof(Uri);

    /// <summary>Reads a value; <c>null</c> when the text has not the form that <see cref="ExpectedForm"/> describes.</summary>
    public static object? Parse(Type type, string text) => type switch
    {
        _ when type == typeof(string) => text,
        _ when type == typeof(bool) => ParseFlag(text.Trim()),
        _ when type == typeof(TimeSpan) => Duration.TryParse(text, out var duration) ? duration : null,
        _ when type == typeof(Uri) => Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null,
        { IsEnum: true } => Enum.GetNames(type).FirstOrDefault(name => name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)) is { } name
            ? Enum.Parse(type, name)
            : null,
        _ => ParseNumber(type, text.Trim()),
    };

    /// <summary>What to write, with an example, to be read after "must be".</summary>
    public static string ExpectedForm(Type type) => type switch
    {
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(TimeSpan) => "a duration, for example \"00:00:30\" (hours:minutes:seconds) or \"30s\"",
        _ when type == typeof(Uri) => "an absolute address, for example \"https://example.com/\"",
        _ when type == typeof(string) => "a text",
        _ when type == typeof(double) || type == typeof(float) || type == typeof(decimal) => "a number, for example 0.5",
        { IsEnum: true } => "one of " + string.Join(", ", Enum.GetNames(type)),
        _ => "a whole number, for example 10",
    };

    private static object? ParseFlag(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "1" => true,
        "FALSE" or "0" => false,
        _ => null,
    };

    private static object? ParseNumber(Type type, string text)
    {
        try
        {
            return Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
        }
        catch (Exception fault) when (fault is FormatException or OverflowException)
        {
            return null;
        }
    }
}
