namespace Sekia.Modules.Dashboard;

/// <summary>An entry of the navigation.</summary>
/// <param name="Name">How it is called, on the page and by a <c>Shell</c> that belongs to it.</param>
/// <param name="Path">Where it leads.</param>
public sealed record NavigationEntry(string Name, string Path);

/// <summary>The pages that can be reached from everywhere, in order.</summary>
public static class Navigation
{
    public const string Overview = "Overview";
    public const string Events = "Events";
    public const string Workflows = "Workflows";
    public const string Agents = "Agents";
    public const string Commands = "Commands";
    public const string Failures = "Failures";
    public const string Settings = "Settings";

    public static IReadOnlyList<NavigationEntry> Entries { get; } =
    [
        new(Overview, "/web"),
        new(Events, "/web/events"),
        new(Workflows, "/web/workflows"),
        new(Agents, "/web/agents"),
        new(Commands, "/web/commands"),
        new(Failures, "/web/failures"),
        new(Settings, "/web/settings"),
    ];
}
