namespace Sekia.Modules.Workflows;

/// <summary>
/// What a workflow keeps under <c>sekia.state</c>, as it stands after its last run that ended well. The journal has the same a moment
/// later, in one transaction with the run; if that fails, this is read from there again.
/// </summary>
internal sealed class WorkflowMemory
{
    /// <summary>The largest value, as JSON.</summary>
    public const int MaxValueBytes = 256 * 1024;

    private Dictionary<string, ReadOnlyMemory<byte>> _values = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>A value as JSON; <c>null</c> when there is none under the key.</summary>
    public ReadOnlyMemory<byte>? this[string key] => _values.TryGetValue(key, out var value) ? value : default(ReadOnlyMemory<byte>?);

    /// <summary>Takes over what the journal has.</summary>
    public void Load(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> stored) => _values = new(stored, StringComparer.Ordinal);

    /// <summary>Takes over what a run has written.</summary>
    public void Apply(IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> written)
    {
        foreach (var (key, value) in written)
        {
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
