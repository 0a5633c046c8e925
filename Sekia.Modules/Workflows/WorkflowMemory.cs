namespace Sekia.Modules.Workflows;

/// <summary>
/// What a workflow keeps under <c>sekia.state</c>, as it stands after its last run that ended well. The journal has the same a moment
/// later, in one transaction with the run; if that fails, this is read from there again.
/// </summary>
internal sealed class WorkflowMemory
{
    /// <summary>The largest value, as JSON.</summary>
    public const int MaxValueBytes = 256 * 1024;

    /// <summary>The most that one workflow keeps: keys and values as JSON, and a hundred bytes for each.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>What an entry takes besides its texts.</summary>
    private const int Overhead = 100;

    private Dictionary<string, ReadOnlyMemory<byte>> _values = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>A value as JSON; <c>null</c> when there is none under the key.</summary>
    public ReadOnlyMemory<byte>? this[string key] => _values.TryGetValue(key, out var value) ? value : default(ReadOnlyMemory<byte>?);

    /// <summary>Bytes of all keys and values.</summary>
    public long Bytes { get; private set; }

    /// <summary>What an entry counts; nothing when there is none.</summary>
    public static long BytesOf(string key, ReadOnlyMemory<byte>? value) => value is { } json ? key.Length + json.Length + Overhead : 0;

    /// <summary>Takes over what the journal has.</summary>
    public void Load(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> stored)
    {
        _values = new(stored, StringComparer.Ordinal);
        Bytes = _values.Sum(entry => BytesOf(entry.Key, entry.Value));
    }

    /// <summary>Takes over what a run has written.</summary>
    public void Apply(IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> written)
    {
        foreach (var (key, value) in written)
        {
            Bytes += BytesOf(key, value) - BytesOf(key, this[key]);
            if (value is { } json)
            {
                _values[key] = json;
            }
            else
            {
                _values.Remove(key);
            }
        }
    }
}
