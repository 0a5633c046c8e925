using System.Buffers;

namespace Sekia.Modules.Webhooks;

/// <summary>What a webhook may be called: the last part of its address, and the first part of its events' keys.</summary>
internal static class WebhookName
{
    private const int MaxLength = 64;

    private static readonly SearchValues<char> s_characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>What is wrong with a name, without a full stop; <c>null</c> when nothing is.</summary>
    public static string? FaultOf(string name) => name.Length is 0 or > MaxLength || name.AsSpan().ContainsAnyExcept(s_characters)
        ? $"a webhook's name has 1 to {MaxLength} letters, digits, '_' and '-'"
        : null;
}
