using System.Collections.Concurrent;

namespace Sekia.Modules.Mcp;

/// <summary>The resources that one session has subscribed to. As many as there are workflows at most, for nothing else can be watched.</summary>
internal sealed class WatchedResources
{
    private readonly ConcurrentDictionary<string, bool> _uris = new(StringComparer.Ordinal);

    public void Add(string uri) => _uris[uri] = true;

    public void Remove(string uri) => _uris.TryRemove(uri, out _);

    public bool Has(string uri) => _uris.ContainsKey(uri);
}
