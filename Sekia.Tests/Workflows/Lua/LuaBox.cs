using System.Diagnostics;
using System.Text;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;
using Sekia.Modules.Workflows;
using Sekia.Modules.Workflows.Lua;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows.Lua;

/// <summary>A state with all of <c>sekia</c> in it and small limits, to run scripts in.</summary>
internal sealed class LuaBox : IDisposable
{
    public const long MaxBytes = 8 << 20;

    /// <summary>How long a test waits for a script beyond what the script may take.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly CollectedLog<LuaBox> _log = new();
    private readonly TimeSpan _slice;
    private volatile bool _running;

    public LuaBox(long maxBytes = MaxBytes, int milliseconds = 200)
    {
        var agents = new AgentRegistry([], new LiveOptions<AgentsOptions>(new AgentsOptions()), TimeProvider.System);
        var api = new ScriptApi("box", agents, new WorkflowMemory(), _log);
        Functions = new Dictionary<string, LuaFunction>(api.Functions);
        _slice = TimeSpan.FromMilliseconds(milliseconds);
        State = new LuaState(new LuaLimits(maxBytes, _slice), Functions);
    }

    public IReadOnlyDictionary<string, LuaFunction> Functions { get; }

    public LuaState State { get; }

    /// <summary>How long the script whose end was asked for had a core: what else the machine does is not its fault.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>What the scripts have logged.</summary>
    public IEnumerable<string> Lines => _log.Lines.Select(line => line.Message);

    /// <summary>Bytes in use after everything that can be given back has been.</summary>
    public long SettledBytes
    {
        get
        {
            const int Collect = 2;
            for (var cycle = 0; cycle < 16; cycle++)
            {
                // The table of strings becomes smaller by half each time.
                _ = LuaNative.lua_gc(State.Main, Collect);
            }

            return State.UsedBytes;
        }
    }

    /// <summary>What a script returns, as JSON.</summary>
    /// <exception cref="LuaScriptException">It raised an error or used up a limit.</exception>
    public string Run(string script)
    {
        using var coroutine = State.Load("box.lua", Encoding.UTF8.GetBytes(script));
        _running = true;
        try
        {
            Assert.Equal(LuaPause.End, coroutine.Resume());
        }
        finally
        {
            _running = false;
        }

        return coroutine.Question.Has(1) ? Encoding.UTF8.GetString(coroutine.Question.Json(1, "value").Span) : "nil";
    }

    /// <summary>How a script ends; <c>null</c> when well. A script that does not end fails the test, and not the other tests.</summary>
    public async Task<LuaScriptException?> EndOfAsync(string script) => await Task.Run(() => EndOf(script)).WaitAsync(_slice + s_patience);

    public LuaScriptException? EndOf(string script)
    {
        var began = OsThread.CoreTime(OsThread.Id);
        try
        {
            Run(script);
            return null;
        }
        catch (LuaScriptException fault)
        {
            return fault;
        }
        finally
        {
            Took = TimeSpan.FromSeconds((double)(OsThread.CoreTime(OsThread.Id) - began) / Stopwatch.Frequency);
        }
    }

    /// <summary>A state in which a script still runs is left alone, as the engine does: to free it would take the memory from under Lua.</summary>
    public void Dispose()
    {
        if (!_running)
        {
            State.Dispose();
        }
    }
}
