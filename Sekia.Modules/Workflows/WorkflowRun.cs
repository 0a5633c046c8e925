using System.Text;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Workflows;

/// <summary>One handler at work on one event: what it has asked for so far, none of which has happened yet.</summary>
internal sealed class WorkflowRun(Event evt, Event handled, Handler handler, int maxEffects, int maxPayloadBytes)
{
    /// <summary>What a run asks for is held in memory until it ends.</summary>
    private const long MaxBytes = 64 << 20;

    private readonly List<Command> _commands = [];
    private readonly List<Event> _events = [];
    private readonly List<RecalledCall> _recalled = [];
    private readonly Dictionary<string, ReadOnlyMemory<byte>?> _state = new(StringComparer.Ordinal);
    private StringBuilder? _log;
    private long _stateChange;
    private long _bytes;
    private Dictionary<string, int>? _questions;
    private int _asked;

    public Event Event => evt;

    /// <summary>The event at hand: the same, or the request to try again.</summary>
    public Event Handled => handled;

    public Handler Handler => handler;

    /// <summary>It takes longer than a turn, or is expected to: it runs apart from the others.</summary>
    public bool TakesLong { get; set; }

    public IReadOnlyList<Command> Commands => _commands;

    public IReadOnlyList<Event> Events => _events;

    /// <summary>In a dry replay: what it asked with <c>sekia.call</c>, which nobody was asked.</summary>
    public IReadOnlyList<RecalledCall> Recalled => _recalled;

    /// <summary>Keys it has written; <c>null</c> for one it has deleted.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> State => _state;

    /// <summary>What it logged, a line each: level, space, message.</summary>
    public string? Log => _log?.ToString();

    /// <summary>Whether anything of it has to be recorded besides the position.</summary>
    public bool LeavesTraces => _commands.Count + _events.Count + _state.Count > 0 || _log is not null || _questions is not null;

    public void Add(Command command)
    {
        Count(command.Payload.Length);
        CheckSize(command.Payload);
        _commands.Add(command);
    }

    public void Add(RecalledCall call)
    {
        Count(call.Asked.Payload.Length + (call.Result?.Length ?? 0));
        _recalled.Add(call);
    }

    public void Add(Event published)
    {
        Count(published.Payload.Length);
        try
        {
            EventCheck.Validate(published, maxPayloadBytes);
        }
        catch (InvalidEventException fault)
        {
            throw new Lua.LuaValueException(fault.Message);
        }

        _events.Add(published);
    }

    /// <summary>Writes a value; <c>null</c> deletes the key.</summary>
    /// <param name="key">1 to 255 characters.</param>
    /// <param name="value">As JSON.</param>
    /// <param name="memory">What the workflow keeps so far.</param>
    /// <exception cref="Lua.LuaValueException">The workflow would keep too much.</exception>
    public void Set(string key, ReadOnlyMemory<byte>? value, WorkflowMemory memory)
    {
        Count(value?.Length ?? 0);
        var before = _state.TryGetValue(key, out var written) ? written : memory[key];
        var change = WorkflowMemory.BytesOf(key, value) - WorkflowMemory.BytesOf(key, before);
        if (change > 0 && memory.Bytes + _stateChange + change > WorkflowMemory.MaxBytes)
        {
            throw new Lua.LuaValueException($"a workflow keeps at most {WorkflowMemory.MaxBytes} bytes under sekia.state; delete keys that are not needed any more");
        }

        _stateChange += change;
        _state[key] = value;
    }

    public void AddLog(string level, string message)
    {
        Count(0);
        (_log ??= new StringBuilder()).Append(level).Append(' ').Append(message.Replace('\n', ' ')).Append('\n');
    }

    /// <summary>Counts a question, whether or not it can be answered.</summary>
    /// <exception cref="Lua.LuaScriptException">There are too many; the run is over, for the script could catch an error and go on asking.</exception>
    public void CountQuestion()
    {
        if (++_asked > maxEffects)
        {
            throw new Lua.LuaScriptException(Lua.LuaFault.Script, $"a run may call sekia.call {maxEffects} times (Workflows:MaxEffects); this one wants more", "");
        }
    }

    /// <summary>How often a question has been asked, this time included: the same in every execution of the same script for the same event.</summary>
    public int NextQuestion(string digest)
    {
        _questions ??= new Dictionary<string, int>(StringComparer.Ordinal);
        return _questions[digest] = _questions.GetValueOrDefault(digest) + 1;
    }

    /// <exception cref="Lua.LuaValueException">A payload is larger than the journal takes.</exception>
    public void CheckSize(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > maxPayloadBytes)
        {
            throw new Lua.LuaValueException($"payload is {payload.Length} bytes; the limit is {maxPayloadBytes} (Journal:MaxPayloadBytes)");
        }
    }

    private void Count(int bytes)
    {
        _bytes += bytes;
        if (_bytes > MaxBytes)
        {
            throw new Lua.LuaValueException($"the effects of a run may have {MaxBytes} bytes together; this one wants more. Do the work in several runs");
        }

        if (_commands.Count + _events.Count + _state.Count + _recalled.Count >= maxEffects || _log?.Length > 1 << 20)
        {
            throw new Lua.LuaValueException($"a run may ask for {maxEffects} effects (Workflows:MaxEffects) and log a mebibyte; this one wants more");
        }
    }
}
