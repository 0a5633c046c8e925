using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>One good version of a workflow's file: compiled, its top level run, its handlers known. Used by one thread at a time.</summary>
internal sealed class WorkflowVersion : IDisposable
{
    private static readonly TimeSpan s_topLevel = TimeSpan.FromSeconds(2);

    private readonly LuaState _state;
    private readonly Func<WorkflowMemory?, WorkflowVersion> _load;
    private readonly Dictionary<string, Handler[]> _bySubject = new(StringComparer.Ordinal);

    private WorkflowVersion(string name, string path, byte[] source, LuaState state, LuaLimits limits, ScriptApi api, Func<WorkflowMemory?, WorkflowVersion> load)
    {
        _load = load;
        Limits = limits;
        Name = name;
        Path = path;
        Source = source;
        Hash = HashOf(source);
        _state = state;
        Script = api;
        Patterns = [.. api.Handlers.Select(handler => handler.Pattern).Distinct()];
    }

    public string Name { get; }

    public string Path { get; }

    /// <summary>SHA-256 of the source, in lowercase hex.</summary>
    public string Hash { get; }

    /// <summary>As it was read from the file.</summary>
    public ReadOnlyMemory<byte> Source { get; }

    public ScriptApi Script { get; }

    /// <summary>What it may use, since it was loaded.</summary>
    public LuaLimits Limits { get; }

    public IReadOnlyList<SubjectPattern> Patterns { get; }

    /// <summary>An exception of our own code that a call from the script met; <c>null</c> when there was none in the last slice.</summary>
    public Exception? Broken => _state.Broken;

    /// <summary>Bytes its state takes.</summary>
    public long UsedBytes => _state.UsedBytes;

    public static string HashOf(ReadOnlySpan<byte> source) => Convert.ToHexStringLower(SHA256.HashData(source));

    /// <summary>Compiles a source and runs its top level.</summary>
    /// <exception cref="LuaScriptException">It does not compile, raises an error, or uses up a limit.</exception>
    public static WorkflowVersion Load(
        string name, string path, byte[] source, WorkflowsOptions options, AgentRegistry agents, WorkflowMemory memory, ILogger logger) =>
        LoadThread.Load(() => LoadHere(name, path, source, options, agents, memory, logger), TopLevelLimit(options));

    /// <summary>A top level only registers, and the start and every other file wait for it.</summary>
    private static TimeSpan TopLevelLimit(WorkflowsOptions options) => options.HandlerTimeout < s_topLevel ? options.HandlerTimeout : s_topLevel;

    private static WorkflowVersion LoadHere(
        string name, string path, byte[] source, WorkflowsOptions options, AgentRegistry agents, WorkflowMemory memory, ILogger logger)
    {
        var api = new ScriptApi(name, agents, memory, logger);
        var limits = new LuaLimits(options.MaxMemoryBytes, options.HandlerTimeout);
        var state = new LuaState(limits, api.Functions);
        try
        {
            using var top = state.Load(System.IO.Path.GetFileName(path), source, TopLevelLimit(options));
            return top.Resume() == LuaPause.Question
                ? throw new LuaScriptException(LuaFault.Script, "sekia.call can only be used by a handler; at its top level a script registers what it wants to hear", "")
                : new WorkflowVersion(name, path, source, state, limits, api, apart => apart is null
                    ? Load(name, path, source, options, agents, memory, logger)
                    : LoadHere(name, path, source, options, agents, apart, NullLogger.Instance));
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <summary>The same with a fresh state.</summary>
    /// <exception cref="LuaScriptException">It was good once, and is not any more.</exception>
    public WorkflowVersion Again() => _load(null);

    /// <summary>
    /// The same with a fresh state that has nothing in common with the workflow: another memory, and a log that nobody reads. It is loaded on
    /// the thread that asks, and holds it if it is held.
    /// </summary>
    /// <inheritdoc cref="Again"/>
    public WorkflowVersion Apart(WorkflowMemory memory) => _load(memory);

    /// <summary>The handlers whose pattern matches a subject, in the order of their registration.</summary>
    public Handler[] HandlersOf(string subject)
    {
        if (!_bySubject.TryGetValue(subject, out var handlers))
        {
            // Hostile subjects must not fill it.
            if (_bySubject.Count >= 1024)
            {
                _bySubject.Clear();
            }

            _bySubject[subject] = handlers = [.. Script.Handlers.Where(handler => handler.Pattern.Matches(subject))];
        }

        return handlers;
    }

    /// <summary>The handler of the schedule that an event says has fired; <c>null</c> when there is none such any more.</summary>
    public Handler? ScheduleOf(Event fired)
    {
        // Earlier a firing said no more than the place of its schedule.
        var (identity, number) = (WorkflowEvents.ScheduleIn(fired), WorkflowEvents.NumberIn(fired));
        return Script.Schedules.FirstOrDefault(one => identity is null ? one.Number == number : one.Identity == identity) is { } schedule
            ? new Handler(0, SubjectPattern.Parse(fired.Subject), null, schedule.Function, schedule.Identity)
            : null;
    }

    /// <summary>The handler that a run was recorded with, wherever it stands now; <c>null</c> when there is none such any more.</summary>
    /// <param name="mark">See <see cref="HandlerMark"/>.</param>
    /// <param name="evt">What the run was for.</param>
    public Handler? HandlerOf(int mark, Event evt) => HandlerMark.HasIdentity(mark)
        ? Script.Handlers.FirstOrDefault(one => HandlerMark.IdentityIn(one.Mark) == HandlerMark.IdentityIn(mark) && one.Wants(evt))
        : null;

    /// <summary>Why it has nothing to do with an event: <c>no_pattern</c>, <c>self_event</c> or <c>type_filter</c>; <c>null</c> when it has.</summary>
    public string? WhyNot(Event evt)
    {
        var handlers = Script.Handlers.Where(handler => handler.Pattern.Matches(evt.Subject)).ToArray();
        return handlers.Length == 0 && evt.Subject != Workflow.SubjectOf(Name) ? "no_pattern"
            : evt.Source == Workflow.SourceOf(Name) ? "self_event"
            : handlers.Length > 0 && !Array.Exists(handlers, handler => handler.Wants(evt)) ? "type_filter"
            : null;
    }

    /// <summary>Begins a run of a handler. <see cref="ScriptApi.Run"/> is to be set while it is resumed.</summary>
    public LuaCoroutine Begin(int function, Event evt) =>
        _state.Call(function, (evt.Seq, evt.AcceptedAt), thread => LuaEvent.Push(thread, evt, _state.ArrayMark));

    public void Dispose() => _state.Dispose();
}
