using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Dashboard.Parts;

/// <summary>A box of the flow map.</summary>
/// <param name="Path">Where a click goes; <c>null</c> when there is no page about it.</param>
internal sealed record FlowNode(string Name, string Detail, string? Path, double X, double Y);

/// <summary>A line of the flow map.</summary>
/// <param name="Shape">The path, in SVG's words.</param>
/// <param name="Width">Of the line; its failures' and dry runs' are parts of it, zero without any.</param>
internal sealed record FlowLine(string Title, string? Path, string Shape, double Width, double Failed, double Dry);

/// <summary>How large a flow map is drawn.</summary>
/// <param name="Width">Of all of it.</param>
/// <param name="NodeWidth">Of a box.</param>
/// <param name="MaxLine">The width of the widest line.</param>
/// <param name="MaxCharacters">How much of a name has room in a box.</param>
public sealed record FlowSize(double Width, double NodeWidth, double MaxLine, int MaxCharacters)
{
    public static FlowSize Wide { get; } = new(900, 190, 14, 25);

    /// <summary>For phones: with a width that they show without making letters smaller.</summary>
    public static FlowSize Narrow { get; } = new(336, 94, 9, 12);
}

/// <summary>Puts the traffic into three columns: sources, workflows, agents.</summary>
internal sealed class FlowLayout
{
    public const double NodeHeight = 40;

    private const int MaxNodes = 10;
    private const double Step = 54;

    private readonly FlowSize _size;
    private readonly Dictionary<(int Column, string Name), FlowNode> _nodes = [];

    public FlowLayout(TrafficView traffic, FlowSize size)
    {
        _size = size;

        // Not only workflows ask for commands: the API, MCP and other agents do too.
        var prefix = Workflow.SourceOf("");
        var isWorkflow = traffic.Deliveries.Select(flow => flow.To).Concat(traffic.Commands.Select(flow => flow.From))
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).ToHashSet();
        var deliveries = traffic.Deliveries.Select(flow => flow with { To = Bare(flow.To, prefix) }).ToList();
        var commands = traffic.Commands.Select(flow => flow with { From = Bare(flow.From, prefix) }).ToList();
        Place(0, deliveries.GroupBy(flow => flow.From), "delivery", name => $"/web/events?source={Uri.EscapeDataString(name)}");
        Place(1, deliveries.Select(flow => (flow.To, flow.Count)).Concat(commands.Where(flow => !deliveries.Exists(one => one.To == flow.From)).Select(flow => (To: flow.From, flow.Count))).GroupBy(flow => flow.To, flow => flow.Count), name => isWorkflow.Contains(name) ? $"/web/workflows/{Uri.EscapeDataString(name)}" : null);
        Place(2, commands.GroupBy(flow => flow.To), "command", name => $"/web/agents/{Uri.EscapeDataString(name)}");
        var most = deliveries.Concat(commands).Select(flow => flow.Count).DefaultIfEmpty(1).Max();
        Lines = [.. Draw(0, deliveries, "event", most), .. Draw(1, commands, "command", most)];
        Deliveries = deliveries;
        Commands = commands;
    }

    public IEnumerable<FlowNode> Nodes => _nodes.Values;

    public IReadOnlyList<FlowLine> Lines { get; }

    public IReadOnlyList<TrafficFlow> Deliveries { get; }

    public IReadOnlyList<TrafficFlow> Commands { get; }

    public bool IsEmpty => _nodes.Count == 0;

    public double Height => _nodes.Values.Select(node => node.Y + NodeHeight).DefaultIfEmpty(0).Max() + 2;

    private static string Bare(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;

    private void Place(int column, IEnumerable<IGrouping<string, TrafficFlow>> groups, string unit, Func<string, string?> path) =>
        Place(column, groups.SelectMany(group => group, (group, flow) => (group.Key, flow.Count)).GroupBy(flow => flow.Key, flow => flow.Count), path, unit);

    private void Place(int column, IEnumerable<IGrouping<string, long>> groups, Func<string, string?> path, string unit = "event")
    {
        var y = 2.0;
        foreach (var (name, count) in groups.Select(group => (group.Key, Count: group.Sum())).OrderByDescending(group => group.Count).Take(MaxNodes))
        {
            _nodes[(column, name)] = new FlowNode(name, Spoken.Count(count, unit, unit == "delivery" ? "deliveries" : null), path(name), 2 + (column * (_size.Width - _size.NodeWidth - 4) / 2), y);
            y += Step;
        }
    }

    private IEnumerable<FlowLine> Draw(int column, IEnumerable<TrafficFlow> flows, string unit, long most)
    {
        foreach (var flow in flows)
        {
            if (!_nodes.TryGetValue((column, flow.From), out var from) || !_nodes.TryGetValue((column + 1, flow.To), out var to))
            {
                continue;
            }

            var width = 1.5 + (_size.MaxLine * Math.Log(1 + flow.Count) / Math.Log(1 + Math.Max(1, most)));
            double Part(long count) => count == 0 ? 0 : Math.Max(1.5, width * Math.Min(1, (double)count / Math.Max(1, flow.Count)));
            yield return new FlowLine(
                $"{flow.From} to {flow.To}: {Spoken.Count(flow.Count, unit)}, {Spoken.Number(flow.Failed)} failed{(flow.Dry > 0 ? $", {Spoken.Number(flow.Dry)} as dry run" : "")}",
                column == 1 ? $"/web/commands?agent={Uri.EscapeDataString(flow.To)}" : to.Path,
                Curve(from, to),
                Math.Round(width, 1),
                Math.Round(Part(flow.Failed), 1),
                Math.Round(Part(flow.Dry), 1));
        }
    }

    private string Curve(FlowNode from, FlowNode to)
    {
        var (x1, y1, x2, y2) = (from.X + _size.NodeWidth, from.Y + (NodeHeight / 2), to.X, to.Y + (NodeHeight / 2));
        var middle = (x1 + x2) / 2;
        return FormattableString.Invariant($"M{x1:0.#} {y1:0.#}C{middle:0.#} {y1:0.#} {middle:0.#} {y2:0.#} {x2:0.#} {y2:0.#}");
    }
}
