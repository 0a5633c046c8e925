using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Modules.Agents;

namespace Sekia.Tests.Agents;

/// <summary>Commands with every kind of parameter that agents have.</summary>
internal static class SampleCommands
{
    public static readonly AgentCommand AddLabel = AgentCommand.Create(AddLabelOf, "add_label", CommandTraits.Idempotent);
    public static readonly AgentCommand Fill = AgentCommand.Create(FillOf, "fill", CommandTraits.None);
    public static readonly AgentCommand Measure = AgentCommand.Create(MeasureOf, "measure", CommandTraits.ReadOnly);
    public static readonly AgentCommand Open = AgentCommand.Create(OpenOf, "open", CommandTraits.None);
    public static readonly AgentCommand Ping = AgentCommand.Create(PingOf, "ping", CommandTraits.ReadOnly);
    public static readonly AgentCommand Break = AgentCommand.Create(BreakAsync, "break", CommandTraits.None);
    public static readonly AgentCommand BreakAtOnce = AgentCommand.Create(BreakNow, "break_at_once", CommandTraits.None);

    internal enum Colour
    {
        Red,
        Green,
    }

    internal sealed record Field(string Text, int Weight = 1, Colour? Tint = null, Field? Next = null);

    [Description("Adds a label.")]
    private static string AddLabelOf(
        [Description("Owner")] string owner,
        [Description("Number")] int number,
        [Description("Label")] string label,
        [Description("Colour")] string? colour = null,
        [Description("Silent")] bool silent = false) => $"{owner}#{number} {label} {colour ?? "-"} {silent}";

    [Description("Fills in a form.")]
    private static object FillOf(
        [Description("Fields")] Field[] fields,
        [Description("Tint")] Colour tint = Colour.Red,
        [Description("Headers")] Dictionary<string, string>? headers = null,
        [Description("Counts")] Dictionary<string, short>? counts = null) => new { fields, tint, headers, counts };

    [Description("Takes numbers.")]
    private static object MeasureOf(
        [Description("Byte")] byte? small = null,
        [Description("Long")] long? large = null,
        [Description("Unsigned")] ulong? huge = null,
        [Description("Double")] double? real = null,
        [Description("Decimal")] decimal? money = null,
        [Description("Percent")][Range(1, 100)] int percent = 50,
        [Description("Ids")] List<int>? ids = null) => new { small, large, huge, real, money, percent, ids };

    [Description("Takes anything.")]
    private static object OpenOf(
        [Description("Any")] JsonElement? any = null,
        [Description("Node")] JsonNode? node = null,
        [Description("Object")] JsonObject? map = null,
        [Description("When")] DateTimeOffset? at = null,
        [Description("Day")] DateOnly? day = null,
        [Description("Id")] Guid? id = null,
        [Description("Address")] Uri? address = null,
        [Description("Pause")] TimeSpan? pause = null,
        [Description("Code")][StringLength(4, MinimumLength = 2)] string code = "abc",
        [Description("Blob")] byte[]? blob = null) => new { any, node, map, at, day, id, address, pause, code, blob };

    [Description("Answers nothing.")]
    private static void PingOf()
    {
    }

    [Description("Fails later.")]
    private static async Task<string> BreakAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        throw new CommandFailedException("the service said no");
    }

    [Description("Fails at once.")]
    private static string BreakNow() => throw new CommandFailedException("the service said no");
}
