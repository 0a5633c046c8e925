using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>
/// The functions behind the global table <c>sekia</c>, for one loaded script. This is the one place where such functions are added: here,
/// and by name in <c>prelude.lua</c>. Those that take time are questions, answered by <see cref="Questions"/>.
/// </summary>
internal sealed partial class ScriptApi(string workflow, AgentRegistry agents, WorkflowMemory memory, ILogger logger)
{
    private readonly List<Handler> _handlers = [];
    private readonly List<Schedule> _schedules = [];
    private readonly Identities _identities = new();

    /// <summary>The handlers, in the order of their registration.</summary>
    public IReadOnlyList<Handler> Handlers => _handlers;

    /// <summary>The schedules, in the order of their registration.</summary>
    public IReadOnlyList<Schedule> Schedules => _schedules;

    /// <summary>The run that is executed; <c>null</c> while the top level of the script is.</summary>
    public WorkflowRun? Run { get; set; }

    /// <summary>By the names the prelude knows.</summary>
    public IReadOnlyDictionary<string, LuaFunction> Functions => new Dictionary<string, LuaFunction>
    {
        ["name"] = call => call.Return(workflow),
        ["null"] = call => call.ReturnNull(),
        ["on"] = On,
        ["schedule"] = Schedule,
        ["publish"] = Publish,
        ["command"] = Command,
        ["log"] = Log,
        ["now"] = call => call.Return(Acting("now").Event.Timestamp),
        ["json_encode"] = call => call.Return(Encoding.UTF8.GetString(call.Json(1, "value").Span)),
        ["json_decode"] = Decode,
        ["state_get"] = call => call.ReturnJson(Read(call).Span),
        ["state_set"] = call => Write(call, call.Has(2) ? call.Json(2, "value") : throw new LuaValueException("value is missing; use sekia.state.delete to remove a key")),
        ["state_delete"] = call => Write(call, null),
        ["state_keys"] = Keys,
    };

    private int On(LuaCall call)
    {
        var text = call.Text(1, "pattern");
        if (SubjectPattern.FaultOf(text) is { } fault)
        {
            throw new LuaValueException(fault);
        }

        if (Run is not null)
        {
            throw new LuaValueException("handlers are registered at the top level of the script, not by a handler");
        }

        var filtered = call.TypeOf(2) == LuaType.Table;
        var types = filtered ? TypesIn(call.Json(2, "filter")) : null;
        var function = call.Function(filtered ? 3 : 2, "handler");
        var identity = _identities.Next(string.Join('\0', ["on", text, .. (types?.Types ?? []).Order(StringComparer.Ordinal)]));
        _handlers.Add(new Handler(_handlers.Count + 1, SubjectPattern.Parse(text), types, function, identity));
        return LuaCall.Nothing;
    }

    private int Schedule(LuaCall call)
    {
        if (Run is not null)
        {
            throw new LuaValueException("schedules are registered at the top level of the script, not by a handler");
        }

        var number = _schedules.Count + 1;
        var schedule = call.TypeOf(1) == LuaType.String ? ByTheClock(call, number) : Steady(call, number);
        _schedules.Add(schedule with { Identity = _identities.Next($"schedule\0{schedule.When}") });
        return LuaCall.Nothing;
    }

    private static Schedule Steady(LuaCall call, int number)
    {
        var seconds = call.Number(1, "interval");
        return seconds is >= 1 and <= 366 * 86400
            ? new Schedule(number, string.Create(CultureInfo.InvariantCulture, $"every {seconds:0.###} s"), Workflows.Schedule.Every(TimeSpan.FromSeconds(seconds)), CatchesUp: false, call.Function(2, "handler"))
            : throw new LuaValueException("the interval is at least 1 second and at most a year");
    }

    /// <summary><c>schedule("0 9 * * 1-5", { timezone = …, missed = "skip" | "once" }, handler)</c>.</summary>
    private static Schedule ByTheClock(LuaCall call, int number)
    {
        var hasOptions = call.TypeOf(2) == LuaType.Table;
        var (zone, catchesUp) = OptionsIn(hasOptions ? call.JsonObject(2, "options") : "{}"u8.ToArray());
        try
        {
            var text = call.Text(1, "schedule");
            return new Schedule(number, $"{text} ({zone.Id})", Cron.Parse(text, zone).After, catchesUp, call.Function(hasOptions ? 3 : 2, "handler"));
        }
        catch (FormatException fault)
        {
            throw new LuaValueException(fault.Message);
        }
    }

    private static (TimeZoneInfo Zone, bool CatchesUp) OptionsIn(ReadOnlyMemory<byte> json)
    {
        using var options = JsonDocument.Parse(json);
        var (zone, catchesUp) = (TimeZoneInfo.Utc, false);
        foreach (var option in options.RootElement.EnumerateObject())
        {
            switch (option.Name, option.Value.ToString())
            {
                case ("timezone", var name) when TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found):
                    zone = found;
                    break;
                case ("timezone", var name):
                    throw new LuaValueException($"there is no time zone '{Excerpt.Of(name)}' on this machine; an example is 'Europe/Berlin'");
                case ("missed", "skip" or "once"):
                    catchesUp = option.Value.ValueEquals("once"u8);
                    break;
                case ("missed", _):
                    throw new LuaValueException("missed is 'skip' or 'once'");
                default:
                    throw new LuaValueException($"a schedule has no option '{Excerpt.Of(option.Name)}'; it has timezone and missed");
            }
        }

        return (zone, catchesUp);
    }

    private int Publish(LuaCall call)
    {
        var run = Acting("publish");
        var subject = call.Text(1, "subject");
        if (Subject.FaultOfEventSubject(subject) is { } fault)
        {
            throw new LuaValueException(fault);
        }

        run.Add(new Event
        {
            Subject = subject,
            Type = call.Text(2, "type"),
            Source = Workflow.SourceOf(workflow),
            Payload = call.Has(3) ? call.JsonObject(3, "payload") : JsonText.Null,
        });
        return LuaCall.Nothing;
    }

    private int Command(LuaCall call)
    {
        var run = Acting("command");
        var command = CommandFrom(call);
        if (agents.Find(command.Agent) is { } agent)
        {
            Check(agent, command);
        }
        else
        {
            LogNoAgent(workflow, command.Agent);
        }

        run.Add(command);
        return LuaCall.Nothing;
    }

    /// <summary>A command from its three arguments, agent, name and payload.</summary>
    internal Command CommandFrom(LuaCall call) => new()
    {
        Agent = call.Text(1, "agent"),
        Name = call.Text(2, "command"),
        Source = Workflow.SourceOf(workflow),
        Payload = call.Has(3) ? call.JsonObject(3, "payload") : JsonText.Null,
    };

    /// <exception cref="LuaValueException">The agent cannot be given this command.</exception>
    internal static void Check(AgentEntry agent, Command command)
    {
        try
        {
            _ = Prepared.From(agent, command);
        }
        catch (InvalidCommandException fault)
        {
            throw new LuaValueException(fault.Message);
        }
    }

    private int Log(LuaCall call)
    {
        var level = call.Text(1, "level").ToUpperInvariant() switch
        {
            "DEBUG" => LogLevel.Debug,
            "WARN" or "WARNING" => LogLevel.Warning,
            "ERROR" => LogLevel.Error,
            _ => LogLevel.Information,
        };
        var message = Line(call.Text(2, "message"));
        LogScript(level, workflow, message);
        Run?.AddLog(level == LogLevel.Information ? "info" : level == LogLevel.Warning ? "warn" : level == LogLevel.Error ? "error" : "debug", message);
        return LuaCall.Nothing;
    }

    /// <summary>A script may make a text of many megabytes, which nobody reads.</summary>
    private static string Line(string message)
    {
        const int Longest = 8 * 1024;
        return message.Length <= Longest ? message : $"{message[..Longest]}… ({message.Length} characters)";
    }

    private static int Decode(LuaCall call)
    {
        var utf8 = Encoding.UTF8.GetBytes(call.Text(1, "text"));
        return JsonText.FaultOfValue(utf8, JsonText.MaxDepth) is { } fault ? throw new LuaValueException($"the text cannot be decoded: {fault}") : call.ReturnJson(utf8);
    }

    private ReadOnlyMemory<byte> Read(LuaCall call)
    {
        var key = call.Text(1, "key");
        var run = Acting("state");
        return (run.State.TryGetValue(key, out var written) ? written : memory[key]) ?? JsonText.Null;
    }

    private int Write(LuaCall call, ReadOnlyMemory<byte>? value)
    {
        var key = call.Text(1, "key");
        if (key.Length is 0 or > 255)
        {
            throw new LuaValueException("a key has 1 to 255 characters");
        }

        if (value?.Length > WorkflowMemory.MaxValueBytes)
        {
            throw new LuaValueException($"the value has {value.Value.Length} bytes as JSON; at most {WorkflowMemory.MaxValueBytes} are kept under one key");
        }

        Acting("state").Set(key, value, memory);
        return LuaCall.Nothing;
    }

    private int Keys(LuaCall call)
    {
        var run = Acting("state");
        var keys = memory.Keys.Except(run.State.Keys).Concat(run.State.Where(pair => pair.Value is not null).Select(pair => pair.Key)).Order(StringComparer.Ordinal);
        return call.ReturnJson(JsonSerializer.SerializeToUtf8Bytes(keys));
    }

    /// <summary>The run, for a function that has an effect or depends on an event.</summary>
    private WorkflowRun Acting(string function) => Run
        ?? throw new LuaValueException($"sekia.{function} can only be used by a handler; at its top level a script registers what it wants to hear");

    private static TypeFilter TypesIn(ReadOnlyMemory<byte> filter)
    {
        using var json = JsonDocument.Parse(filter);
        foreach (var property in json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.EnumerateObject() : default)
        {
            if (property.Name != "type")
            {
                throw new LuaValueException($"a filter has no '{property.Name}'; it has 'type'");
            }
        }

        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("type", out var type)
            ? type.ValueKind switch
            {
                JsonValueKind.String => new TypeFilter([type.GetString()!]),
                JsonValueKind.Array when type.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                    new TypeFilter([.. type.EnumerateArray().Select(item => item.GetString()!)]),
                _ => throw new LuaValueException("type in a filter is a string or a list of strings"),
            }
            : throw new LuaValueException("a filter names a type: { type = \"github.issue.opened\" }");
    }

    [LoggerMessage(Message = "{Workflow}: {Text}")]
    private partial void LogScript(LogLevel level, string workflow, string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Workflow {Workflow} asks for a command of {Agent}, and there is no such agent; the command waits until there is")]
    private partial void LogNoAgent(string workflow, string agent);
}
