using System.Collections.Immutable;
using System.Text.Json;

namespace Sekia.Modules.Hosting.Logs;

/// <summary>Takes every known secret out of a text. Secrets are only ever added: what was one yesterday may still be in use.</summary>
internal sealed class SecretMask
{
    /// <summary>Shorter values would tear holes into ordinary words.</summary>
    public const int MinLength = 6;

    private const string Masked = "***";

    /// <summary>Longest first, so that a secret within another does not leave the rest of it readable.</summary>
    private ImmutableArray<string> _secrets = [];

    public void Add(IEnumerable<string> secrets)
    {
        var forms = secrets.Where(secret => secret.Length >= MinLength).SelectMany(Forms).ToArray();
        ImmutableInterlocked.Update(ref _secrets, known => [.. known.Union(forms).OrderByDescending(secret => secret.Length)]);
    }

    public string Apply(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, Masked, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>As it is, and as it looks within JSON and within an address.</summary>
    private static IEnumerable<string> Forms(string secret) =>
        [secret, JsonEncodedText.Encode(secret).ToString(), Uri.EscapeDataString(secret)];
}
