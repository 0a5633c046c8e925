using System.ComponentModel.DataAnnotations;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Section <c>Host</c>: how the API and the dashboard can be reached.</summary>
internal sealed class ServerOptions : IValidatableObject
{
    public const string Section = "Host";

    /// <summary>Address and port. <c>:8080</c> means every interface, which needs a login.</summary>
    [Required]
    public string Listen { get; set; } = "127.0.0.1:7600";

    /// <summary>The Unix socket for this user's own programs; see <see cref="SocketPath"/>. Empty for none.</summary>
    public string? Socket { get; set; }

    /// <summary>
    /// Further names under which the host may be addressed, for example that of a reverse proxy. Write <c>https://name</c> when
    /// browsers reach it there over TLS. Callers under these names are not on this machine: that needs a login or a token.
    /// </summary>
    [Reloadable]
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ListenAddress.Parse(Listen).Fault is { } fault)
        {
            yield return new ValidationResult(fault, [nameof(Listen)]);
        }

        foreach (var allowed in AllowedHosts.Where(allowed => !IsName(allowed) && !IsOrigin(allowed)))
        {
            yield return new ValidationResult(
                $"'{allowed}' is neither a name nor an address. Write \"sekia.example.com\" without a port, or \"https://sekia.example.com\".",
                [nameof(AllowedHosts)]);
        }
    }

    private static bool IsName(string text) => Uri.CheckHostName(text) != UriHostNameType.Unknown;

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
}
