using System.CommandLine;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia events tail</c>: events as they come, until Ctrl+C.</summary>
internal static class TailCommand
{
    public static Command Create(RemoteCommand remote)
    {
        var subject = new Option<string?>("--subject") { Description = "Only those on subjects that match.", HelpName = "pattern" };
        var type = new Option<string?>("--type") { Description = "Only those of this type.", HelpName = "type" };
        var after = TypedArguments.Number("--after", "Begin after this number of the journal; otherwise with what comes from now on.", "number", least: 0);
        return remote.Create(
            "tail",
            "Shows events as they come, a line each, until Ctrl+C; with --json an object a line.",
            async (host, parsed, stop) =>
            {
                var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
                var json = parsed.GetValue<bool>("--json");
                var follower = new EventFollower(
                    host, Query.Of("events/stream", ("subject", parsed.GetValue(subject)), ("type", parsed.GetValue(type))), json ? new JsonEventLines(output) : new PlainEventLines(new PlainWriter(output)), error);

                // Ctrl+C is how it is meant to end.
                await Interruption.UntilToldAsync(told => follower.FollowAsync(parsed.GetValue(after), told), stop);
            },
            subject, type, after);
    }
}
