using System.Collections.Concurrent;

namespace Sekia.Modules.Bus;

/// <summary>
/// Finds who listens to a subject in time that depends on the number of its tokens, not on the number of patterns: a tree
/// of tokens, with the answers for recently seen subjects kept beside it.
/// </summary>
internal sealed class SubjectIndex<T>
    where T : class
{
    /// <summary>
    /// How much may be remembered, counted in subjects and listeners named by their answers; beyond this the memory starts anew, so
    /// that neither hostile subjects nor many listeners of everything can fill it.
    /// </summary>
    private const int MemoryLimit = 65_536;

    private readonly Lock _gate = new();
    private readonly Node _root = new();
    private volatile ConcurrentDictionary<string, T[]> _remembered = new(StringComparer.Ordinal);
    private int _rememberedSize;

    public void Add(SubjectPattern pattern, T listener)
    {
        lock (_gate)
        {
            NodeOf(pattern).Add(listener);
            Forget();
        }
    }

    public void Remove(SubjectPattern pattern, T listener)
    {
        lock (_gate)
        {
            Prune(_root, pattern, 0, listener);
            Forget();
        }
    }

    /// <summary>Everyone with a pattern that matches, each once, in no particular order.</summary>
    public T[] Match(string subject)
    {
        if (_remembered.TryGetValue(subject, out var known))
        {
            return known;
        }

        lock (_gate)
        {
            var found = new HashSet<T>(ReferenceEqualityComparer.Instance);
            Collect(_root, subject, found);
            T[] answer = [.. found];
            Remember(subject, answer);
            return answer;
        }
    }

    private void Remember(string subject, T[] answer)
    {
        if (_rememberedSize > MemoryLimit)
        {
            Forget();
        }

        _remembered[subject] = answer;
        _rememberedSize += 1 + answer.Length;
    }

    private void Forget()
    {
        _remembered = new(StringComparer.Ordinal);
        _rememberedSize = 0;
    }

    private static void Collect(Node node, ReadOnlySpan<char> rest, HashSet<T> found)
    {
        if (rest.Length == 0)
        {
            found.UnionWith(node.Here);
            return;
        }

        found.UnionWith(node.Rest);
        var dot = rest.IndexOf('.');
        var token = dot < 0 ? rest : rest[..dot];
        var next = dot < 0 ? [] : rest[(dot + 1)..];
        if (node.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(token, out var child))
        {
            Collect(child, next, found);
        }

        if (node.Any is not null)
        {
            Collect(node.Any, next, found);
        }
    }

    private List<T> NodeOf(SubjectPattern pattern)
    {
        var node = _root;
        foreach (var token in pattern.Tokens)
        {
            switch (token)
            {
                case ">":
                    return node.Rest;
                case "*":
                    node = node.Any ??= new Node();
                    break;
                default:
                    if (!node.Children.TryGetValue(token, out var child))
                    {
                        node.Children[token] = child = new Node();
                    }

                    node = child;
                    break;
            }
        }

        return node.Here;
    }

    /// <summary>Takes the listener out and lets go of the nodes that only it needed.</summary>
    private static void Prune(Node node, SubjectPattern pattern, int depth, T listener)
    {
        if (depth == pattern.Tokens.Count)
        {
            node.Here.Remove(listener);
            return;
        }

        var token = pattern.Tokens[depth];
        if (token == ">")
        {
            node.Rest.Remove(listener);
        }
        else if (token == "*" && node.Any is { } any)
        {
            Prune(any, pattern, depth + 1, listener);
            node.Any = any.IsEmpty ? null : any;
        }
        else if (node.Children.TryGetValue(token, out var child))
        {
            Prune(child, pattern, depth + 1, listener);
            if (child.IsEmpty)
            {
                node.Children.Remove(token);
            }
        }
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public Node? Any { get; set; }

        /// <summary>Listeners whose pattern ends here.</summary>
        public List<T> Here { get; } = [];

        /// <summary>Listeners whose pattern ends here with <c>&gt;</c>.</summary>
        public List<T> Rest { get; } = [];

        public bool IsEmpty => Children.Count == 0 && Any is null && Here.Count == 0 && Rest.Count == 0;
    }
}
