using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Webhooks;

/// <summary>The section <c>Webhooks</c>.</summary>
public sealed class WebhooksOptions : ModuleOptions, IValidatableObject
{
    /// <summary>A second address that serves webhooks and nothing else, for a tunnel or a reverse proxy to lead to; none by default.</summary>
    public string? Listen { get; set; }

    /// <summary>Longer bodies are refused with 413. The limit of an event's payload holds as well.</summary>
    [Reloadable, Range(1, 16 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>Only the names under <see cref="Hooks"/> exist; any other is answered with 404.</summary>
    [Reloadable]
    public bool RequireKnown { get; set; }

    /// <summary>What is particular about single webhooks, by their name. Letter case does not matter; events bear the name as it is written here.</summary>
    [Reloadable]
    public Dictionary<string, HookOptions> Hooks { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, hook) in Hooks)
        {
            if (WebhookName.FaultOf(name) is { } fault)
            {
                yield return Fault($"has the name '{name}': {fault}.");
            }

            if (hook.Secret is not null && string.IsNullOrWhiteSpace(hook.Secret))
            {
                yield return Fault($"has an empty Secret for '{name}'. Set it to what the sender signs with, or remove it to accept unsigned requests.");
            }

            foreach (var (setting, header, example) in new[]
            {
                (nameof(hook.SignatureHeader), hook.SignatureHeader, "X-Hub-Signature-256"),
                (nameof(hook.IdHeader), hook.IdHeader, "X-GitHub-Delivery"),
            })
            {
                if (header is not null && !ShownNames.IsHeader(header))
                {
                    yield return new($"must be the name of a header, for example \"{example}\", not '{header}'.", [$"{nameof(Hooks)}:{name}:{setting}"]);
                }
            }
        }
    }

    /// <summary>The name as the settings write it, and the settings; as given, and <c>null</c>, when there are none for it.</summary>
    internal (string Name, HookOptions? Hook) Find(string name)
    {
        foreach (var (known, hook) in Hooks)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return (known, hook);
            }
        }

        return (name, null);
    }

    private static ValidationResult Fault(string sentence) => new(sentence, [nameof(Hooks)]);
}

/// <summary>One webhook, <c>Webhooks:Hooks:&lt;name&gt;</c>.</summary>
public sealed class HookOptions
{
    /// <summary>What the sender signs with, as HMAC-SHA256 over the raw body. Without it anyone who reaches the address can send.</summary>
    [Secret, Reloadable]
    public string? Secret { get; set; }

    /// <summary>The header with the signature in hexadecimal digits, with or without <c>sha256=</c> before them.</summary>
    [Reloadable]
    public string SignatureHeader { get; set; } = "X-Signature-256";

    /// <summary>The header with the sender's own id of the delivery. The same id twice is accepted twice and recorded once.</summary>
    [Reloadable]
    public string? IdHeader { get; set; }
}
