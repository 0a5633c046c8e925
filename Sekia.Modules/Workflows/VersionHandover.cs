using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>The version of a workflow that runs, and the one that takes over when the event at hand is done.</summary>
internal sealed class VersionHandover(TimeProvider clock) : IDisposable
{
    private readonly Lock _gate = new();
    private volatile WorkflowVersion? _current;
    private WorkflowVersion? _next;
    private CancellationTokenSource _changed = new();

    /// <summary>The version that runs; <c>null</c> before the first.</summary>
    public WorkflowVersion? Current => _current;

    /// <summary>When the current version was loaded.</summary>
    public DateTimeOffset LoadedAt { get; private set; }

    /// <summary>The hash of the newest good version: the one that is about to take over, or the one that runs.</summary>
    public string? NewestHash
    {
        get
        {
            lock (_gate)
            {
                return (_next ?? _current)?.Hash;
            }
        }
    }

    /// <summary>Hands over a good version.</summary>
    public void Change(WorkflowVersion version)
    {
        lock (_gate)
        {
            _next?.Dispose();
            _next = version;
            Interrupt();
        }
    }

    /// <summary>Whoever works with the current version looks again: something else has changed.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            // Not Cancel: what waits for it would go on here, inside the lock.
            _ = _changed.CancelAsync();
        }
    }

    /// <summary>The same version once more, with a fresh state, unless a newer one waits.</summary>
    /// <exception cref="LuaScriptException">Its top level was good once, and is not any more.</exception>
    public void Renew()
    {
        // Outside the lock, as a script may take long.
        var fresh = _current!.Again();
        lock (_gate)
        {
            if (_next is null)
            {
                _next = fresh;
                return;
            }
        }

        fresh.Dispose();
    }

    /// <summary>Takes away what is to run next: the version that waits, or a fresh state of the same.</summary>
    /// <exception cref="LuaScriptException">Its top level was good once, and is not any more.</exception>
    public WorkflowVersion GiveUp()
    {
        lock (_gate)
        {
            if (_next is { } waiting)
            {
                _next = null;
                return waiting;
            }
        }

        return _current!.Again();
    }

    /// <summary>The version that waits takes over, if there is one.</summary>
    /// <param name="stopping">Ends the work with it, as does <see cref="Interrupt"/>.</param>
    /// <param name="isNew">Whether there was one.</param>
    public CancellationTokenSource Take(CancellationToken stopping, out bool isNew)
    {
        lock (_gate)
        {
            isNew = _next is not null;
            if (isNew)
            {
                _current?.Dispose();
                _current = _next;
                _next = null;
                LoadedAt = clock.GetUtcNow();
            }

            _changed.Dispose();
            _changed = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            return CancellationTokenSource.CreateLinkedTokenSource(_changed.Token);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _next?.Dispose();
            _current?.Dispose();
            _changed.Dispose();
        }
    }
}
