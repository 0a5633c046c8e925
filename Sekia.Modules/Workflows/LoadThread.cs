using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Runs the top level of a script on a thread of its own. A hook stops it at its limit, but not inside one call, such as a pathological
/// pattern: then the thread is left behind, at the lowest priority, and whoever loads goes on.
/// </summary>
internal sealed class LoadThread
{
    /// <summary>In real time, as all that Lua takes.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Func<WorkflowVersion> _load;
    private readonly Thread _thread;
    private int _id;
    private long _began;
    private WorkflowVersion? _version;
    private ExceptionDispatchInfo? _fault;
    private bool _isOver;
    private bool _isLeft;

    private LoadThread(Func<WorkflowVersion> load)
    {
        _load = load;
        _thread = new Thread(Run) { IsBackground = true, Name = "Sekia load" };
    }

    /// <summary>Loads a version.</summary>
    /// <param name="load">Compiles the script and runs its top level.</param>
    /// <param name="limit">For how long it may have a core.</param>
    /// <exception cref="LuaScriptException">What <paramref name="load"/> says, or <see cref="LuaFault.Held"/>, or there is no thread for it.</exception>
    public static WorkflowVersion Load(Func<WorkflowVersion> load, TimeSpan limit) => Load(load, limit, thread => thread.Start());

    /// <inheritdoc cref="Load(Func{WorkflowVersion}, TimeSpan)"/>
    /// <param name="start">Starts the thread.</param>
    internal static WorkflowVersion Load(Func<WorkflowVersion> load, TimeSpan limit, Action<Thread> start)
    {
        var loading = new LoadThread(load);
        try
        {
            start(loading._thread);
        }
        catch (Exception none) when (none is OutOfMemoryException or ThreadStartException)
        {
            throw new LuaScriptException(
                LuaFault.Script, "the system has no thread left to run its top level on; raise the limit of processes or memory that Sekia runs under, and load it again", "");
        }

        while (!loading._thread.Join(s_look))
        {
            if (loading.IsLeftAfter(limit + WorkflowEngine.Grace))
            {
                throw new LuaScriptException(LuaFault.Held, "at its top level it is held in a call inside Lua that cannot be stopped, such as a pattern that takes for ever; it was left behind", "");
            }
        }

        loading._fault?.Throw();
        return loading._version!;
    }

    private bool IsLeftAfter(TimeSpan limit)
    {
        lock (_gate)
        {
            _isLeft = !_isOver && _began != 0 && Stopwatch.GetElapsedTime(_began, OsThread.CoreTime(_id)) > limit;
            if (_isLeft)
            {
                OsThread.Lower(_id, OsThread.Lowest);
            }

            return _isLeft;
        }
    }

    private void Run()
    {
        lock (_gate)
        {
            _id = OsThread.Id;
            _began = OsThread.CoreTime(_id);
        }

        try
        {
            _version = _load();
        }
        catch (Exception fault)
        {
            _fault = ExceptionDispatchInfo.Capture(fault);
        }

        lock (_gate)
        {
            _isOver = true;
            if (_isLeft)
            {
                // Nobody waits for it any more.
                _version?.Dispose();
            }
        }
    }
}
