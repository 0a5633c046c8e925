namespace Sekia.Modules.Bus;

/// <summary>The names under which events and messages travel: tokens joined by dots, as in NATS.</summary>
public static class Subject
{
    public const string Registry = "sekia.registry";
    public const string ConfigReload = "sekia.config.reload";

    /// <summary>Longer subjects are refused; the longest of our own has about 100 characters.</summary>
    public const int MaxLength = 255;

    private const string EventsPrefix = "sekia.events.";
    private const string CommandsPrefix = "sekia.commands.";
    private const string WorkflowsPrefix = "sekia.workflows.";
    private const string HeartbeatPrefix = "sekia.heartbeat.";

    /// <summary>The source under which the host itself publishes.</summary>
    public const string HostSource = "sekia";

    public static string OfEvents(string source) => EventsPrefix + source;

    public static string OfCommands(string agent) => CommandsPrefix + agent;

    public static string OfWorkflow(string workflow) => WorkflowsPrefix + workflow;

    /// <summary>Whether it tells a workflow of its schedules and retries. Only the host publishes there.</summary>
    public static bool IsOfWorkflow(string subject) => subject.StartsWith(WorkflowsPrefix, StringComparison.Ordinal);

    public static string OfHeartbeat(string agent) => HeartbeatPrefix + agent;

    /// <summary>What is wrong with a subject to publish on, in a sentence; <c>null</c> when nothing is.</summary>
    public static string? FaultOf(string subject) => FaultOfTokens(subject, "subject") ?? FaultOfWildcard(subject);

    /// <summary>
    /// What is wrong with a subject that a person, a program or a workflow wants to put an event on; <c>null</c> when nothing is.
    /// The subjects by which the host itself speaks cannot be forged that way.
    /// </summary>
    public static string? FaultOfEventSubject(string subject) => FaultOf(subject) ?? subject switch
    {
        Registry => $"'{subject}' carries the registration of agents; events go to {EventsPrefix}<source>",
        ConfigReload => $"'{subject}' asks for a reload; use POST /api/v1/config/reload",
        _ when subject.StartsWith(ConfigReload + ".", StringComparison.Ordinal) =>
            $"'{subject}' asks for a reload; use POST /api/v1/config/reload?target=<name>",
        _ when subject.StartsWith(CommandsPrefix, StringComparison.Ordinal) =>
            $"'{subject}' carries commands; send one with POST /api/v1/commands",
        _ when IsOfWorkflow(subject) =>
            $"'{subject}' tells a workflow of its schedules and retries; retry a failed run with POST /api/v1/failures/<id>/retry",
        _ when subject.StartsWith(HeartbeatPrefix, StringComparison.Ordinal) =>
            $"'{subject}' carries heartbeats of agents; events go to {EventsPrefix}<source>",
        EventsPrefix + HostSource => $"'{subject}' carries what the host says about its own work; events go to {EventsPrefix}<source>",
        _ => null,
    };

    /// <summary>What is wrong with the source that a person or a program gives for an event of theirs; <c>null</c> when nothing is.</summary>
    public static string? FaultOfEventSource(string source) =>
        source == HostSource ? $"the source '{source}' is the host itself; give the name of the program the event comes from" : null;

    /// <summary>What is wrong with a text as dot-joined tokens, whatever the tokens mean: the rules that subjects and patterns share.</summary>
    /// <param name="text">A subject or a pattern.</param>
    /// <param name="noun">What the sentence calls it.</param>
    internal static string? FaultOfTokens(string text, string noun)
    {
        if (text.Length == 0)
        {
            return $"a {noun} must not be empty";
        }

        if (text.Length > MaxLength)
        {
            return $"a {noun} has at most {MaxLength} characters, this one has {text.Length}";
        }

        var previous = '.';
        foreach (var c in text)
        {
            if (c == '.' && previous == '.')
            {
                return $"{noun} '{Excerpt.Of(text)}' has an empty token; tokens are joined by single dots";
            }

            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                return $"{noun} '{Excerpt.Of(text)}' has a space or control character";
            }

            if (char.IsSurrogate(c))
            {
                return $"{noun} '{Excerpt.Of(text)}' has a character outside the basic plane";
            }

            previous = c;
        }

        return previous == '.' ? $"{noun} '{Excerpt.Of(text)}' ends with a dot" : null;
    }

    private static string? FaultOfWildcard(string subject) =>
        subject.AsSpan().IndexOfAny('*', '>') is var at and >= 0
            ? $"subject '{Excerpt.Of(subject)}' has the wildcard '{subject[at]}'; only patterns may have one"
            : null;
}
