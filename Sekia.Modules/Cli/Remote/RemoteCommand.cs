using System.CommandLine;
using System.Text.Json.Nodes;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Cli.Remote;

/// <summary>Makes commands that ask a running host one thing and show the answer.</summary>
internal sealed class RemoteCommand(HostOptions options)
{
    /// <param name="name">Of the command.</param>
    /// <param name="description">For the help.</param>
    /// <param name="ask">Asks the host.</param>
    /// <param name="show">Shows the answer to people.</param>
    /// <param name="symbols">Arguments and options of its own.</param>
    public Command Create(
        string name, string description, Func<HostClient, ParseResult, CancellationToken, Task<JsonNode>> ask, Action<JsonNode, TextWriter> show, params Symbol[] symbols)
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

        SetAction(command, ask, show);
        return command;
    }

    /// <summary>The same for a command that is there already.</summary>
    public void SetAction(Command command, Func<HostClient, ParseResult, CancellationToken, Task<JsonNode>> ask, Action<JsonNode, TextWriter> show) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            try
            {
                using var host = options.Connect(parsed);
                var answer = await ask(host, parsed, cancellationToken);
                if (parsed.GetValue(options.Json))
                {
                    await output.WriteLineAsync(answer.ToJsonString(CliJson.Indented));
                }
                else
                {
                    show(answer, output);
                }

                return 0;
            }
            catch (HostFaultException fault)
            {
                await error.WriteLineAsync(fault.Message);
                return fault.ExitCode;
            }
            catch (Exception failure) when (StartFailure.Explain(failure) is { } explanation)
            {
                await error.WriteLineAsync(explanation);
                return HostFaultException.Refused;
            }
        });
}
