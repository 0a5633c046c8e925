using System.ComponentModel.DataAnnotations;
using System.Net;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Http;

/// <summary>The section <c>Http</c>, and each of its <c>Instances:&lt;name&gt;</c>.</summary>
public sealed class HttpOptions : AgentOptions, IValidatableObject
{
    private IPNetwork[]? _ranges;

    /// <summary>
    /// Addresses that may be asked although they are not public: single ones (<c>192.168.1.20</c>) or ranges (<c>10.1.0.0/16</c>).
    /// Empty: only public addresses. Names are not accepted here, since whoever owns a name says where it leads.
    /// </summary>
    [Reloadable]
    public List<string> AllowedAddresses { get; set; } = [];

    /// <summary>
    /// How many bytes of an answer's body are kept, counted after decompression; the rest is not read. JSON counts twice in what the
    /// journal records, as text and as a value, so the limit cannot be raised far.
    /// </summary>
    [Reloadable, Range(1, 512 * 1024)]
    public int MaxResponseBytes { get; set; } = 256 * 1024;

    /// <summary>How many redirects are followed; one more fails the command. With 0 a redirect is itself the answer.</summary>
    [Reloadable, Range(0, 20)]
    public int MaxRedirects { get; set; } = 5;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var entry in AllowedAddresses)
        {
            if (AddressRange.FaultOf(entry, out _) is { } fault)
            {
                yield return new ValidationResult($"has the entry '{entry}': {fault}.", [nameof(AllowedAddresses)]);
            }
        }
    }

    /// <summary>Whether a non-public address was opened by <see cref="AllowedAddresses"/>.</summary>
    internal bool Allows(IPAddress address)
    {
        // Read once per settings object: a reload brings another one.
        var ranges = _ranges ??= [.. AllowedAddresses.Select(AddressRange.Parse)];
        return Array.Exists(ranges, range => range.Contains(address));
    }
}
