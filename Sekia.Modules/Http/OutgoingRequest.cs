using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Http;

/// <summary>A request whose parts have been checked. A redirect makes another one of it.</summary>
internal sealed record OutgoingRequest
{
    public required HttpMethod Method { get; init; }

    /// <summary>Absolute, http or https, without credentials.</summary>
    public required Uri Url { get; init; }

    /// <summary>The caller's headers, <c>Content-Type</c> among them.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>UTF-8; <c>null</c> when there is none.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>What the request that was asked for does to the world; a redirect does not change it.</summary>
    public required CommandTraits Traits { get; init; }

    /// <summary>
    /// What has already happened, in words, when what was asked for is done and only its answer is being fetched. From then on
    /// nothing may be reported as a failure that passes, or it would be done again.
    /// </summary>
    public string? AlreadyDone { get; init; }

    /// <summary>Whether sending it twice is as good as once.</summary>
    public bool MayRepeat => (Traits & (CommandTraits.ReadOnly | CommandTraits.Idempotent)) != 0;

    /// <summary>The request in words fit for a message: paths and queries may hold secrets, so they are left out.</summary>
    public string Words => $"{Method} {Origin}";

    private string Origin => Url.GetLeftPart(UriPartial.Authority);

    /// <summary>Whether a header speaks of the body, and goes when the body goes.</summary>
    public static bool IsOfBody(string header) =>
        header.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) ||
        header.ToUpperInvariant() is "ALLOW" or "EXPIRES" or "LAST-MODIFIED";

    public bool HasOriginOf(Uri other) =>
        Uri.Compare(Url, other, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Url);
        if (Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
        }

        foreach (var (name, value) in Headers)
        {
            if (IsOfBody(name))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (!message.Headers.NonValidated.Contains("User-Agent"))
        {
            message.Headers.TryAddWithoutValidation("User-Agent", $"Sekia/{HostVersion.Text}");
        }

        return message;
    }

    // The generated text would show headers and body.
    public override string ToString() => Words;
}
