using System.CommandLine;
using System.Text.Json.Nodes;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Cli.Remote;

/// <summary>Makes commands that ask a running host one thing and show the answer.</summary>
internal sealed class RemoteCommand(HostOptions options)
{
    /// <summary>Who waits longer is told that something happens.</summary>
    private static readonly TimeSpan s_unremarked = TimeSpan.FromSeconds(2);

    /// <param name="name">Of the command.</param>
    /// <param name="description">For the help.</param>
    /// <param name="ask">Asks the host.</param>
    /// <param name="show">Shows the answer to people.</param>
    /// <param name="symbols">Arguments and options of its own.</param>
    public Command Create(
        string name, string description, Func<HostClient, ParseResult, CancellationToken, Task<JsonNode>> ask, Action<JsonNode, TextWriter> show, params Symbol[] symbols) =>
        Create(
            name,
            description,
            async (host, parsed, stop) =>
            {
                var output = parsed.InvocationConfiguration.Output;
                var asking = ask(host, parsed, stop);
                if (await Task.WhenAny(asking, Task.Delay(s_unremarked, stop)) != asking)
                {
                    await StandardStreams.Progress(parsed.InvocationConfiguration.Error).WriteLineAsync("Sekia is at it …");
                }

                var answer = await asking;
                if (parsed.GetValue(options.Json))
                {
                    await output.WriteLineAsync(answer.ToJsonString(CliJson.Indented));
                    return;
                }

                show(answer, new PlainWriter(output));
            },
            symbols);

    /// <summary>A command that shows what it hears by itself, as it comes.</summary>
    public Command Create(string name, string description, Func<HostClient, ParseResult, CancellationToken, Task> follow, params Symbol[] symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Argument argument:
                    command.Arguments.Add(argument);
                    break;
                case Option option:
                    command.Options.Add(option);
                    break;
            }
        }

        command.Options.Add(options.Url);
        command.Options.Add(options.Socket);
        command.Options.Add(options.Json);
        command.SetAction((parsed, stop) => RunAsync(
            async () =>
            {
                using var host = options.Connect(parsed);
                try
                {
                    await follow(host, parsed, stop);
                }
                catch (Exception fault) when (IsOfShape(fault))
                {
                    // A field of the answer is missing, or of another kind; or the fault is our own, and needs a stack.
                    await host.DemandOwnVersionAsync(stop);
                    throw;
                }
            },
            parsed.InvocationConfiguration.Error));
        return command;
    }

    /// <summary>Whether it may come of reading an answer that has another shape than Sekia's.</summary>
    private static bool IsOfShape(Exception fault) =>
        fault is NullReferenceException or InvalidOperationException or FormatException or OverflowException or ArgumentException or KeyNotFoundException;

    /// <summary>Says in a sentence what went wrong.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Func<Task> action, TextWriter error)
    {
        try
        {
            await action();
            return 0;
        }
        catch (HostFaultException fault)
        {
            await error.WriteLineAsync(PlainText.OfLines(fault.Message));
            return fault.ExitCode;
        }
        catch (Exception failure) when (StartFailure.Explain(failure) is { } explanation)
        {
            await error.WriteLineAsync(explanation);
            return HostFaultException.Refused;
        }
    }
}
