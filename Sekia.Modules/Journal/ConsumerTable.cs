using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>The open consumers, by name and by the subjects they handle.</summary>
internal sealed class ConsumerTable
{
    private readonly SubjectIndex<Consumer> _bySubject = new();
    private readonly Dictionary<string, Consumer> _byName = new(StringComparer.Ordinal);

    public IReadOnlyList<Consumer> All
    {
        get
        {
            lock (_byName)
            {
                return [.. _byName.Values];
            }
        }
    }

    /// <summary>Those that handle a subject.</summary>
    public Consumer[] Of(string subject) => _bySubject.Match(subject);

    /// <summary>Puts a consumer in the place of the one that had its name.</summary>
    public void Add(Consumer consumer)
    {
        lock (_byName)
        {
            if (_byName.Remove(consumer.Name, out var old))
            {
                Unindex(old);
            }

            consumer.TakePlaceOf(old);
            _byName[consumer.Name] = consumer;
        }

        foreach (var pattern in consumer.Patterns)
        {
            _bySubject.Add(pattern, consumer);
        }
    }

    /// <summary>Lets go of a consumer, unless another has taken its place: then it is no longer here.</summary>
    public void Remove(Consumer consumer)
    {
        lock (_byName)
        {
            if (_byName.TryGetValue(consumer.Name, out var current) && current == consumer)
            {
                _byName.Remove(consumer.Name);
            }
        }

        Unindex(consumer);
    }

    private void Unindex(Consumer consumer)
    {
        foreach (var pattern in consumer.Patterns)
        {
            _bySubject.Remove(pattern, consumer);
        }
    }
}
