using System.Security.Cryptography;
using System.Text;

namespace Sekia.Modules.Workflows;

/// <summary>
/// What the journal knows handlers and schedules by: made of what each says, and of how many alike come before it. So it is the same in every
/// version of a file that still registers it, wherever it stands there. For one load of a script.
/// </summary>
internal sealed class Identities
{
    private readonly Dictionary<string, int> _alike = new(StringComparer.Ordinal);

    /// <summary>The identity of the next one that says this: 16 hex digits.</summary>
    public string Next(string text)
    {
        var occurrence = _alike[text] = _alike.GetValueOrDefault(text) + 1;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{occurrence}\0{text}")))[..16];
    }
}
