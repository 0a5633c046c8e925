using System.CommandLine;
using System.Net.Http.Headers;
using Sekia.Modules.Cli.Remote;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Cli.Mcp;

/// <summary><c>sekia mcp</c>: standard input and output for clients that start their servers themselves, with the running host behind.</summary>
internal static class McpCommand
{
    public static Command Create(HostOptions options)
    {
        var command = new Command("mcp", $"Speaks the Model Context Protocol on standard input and output, for the Sekia that runs. A token is taken from {HostClient.TokenVariable}, else the login from the settings.") { options.Url, options.Socket };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var error = parsed.InvocationConfiguration.Error;
            try
            {
                var (place, login) = options.Target(parsed);
                await HintAsync(error);
                return await RunAsync(place, login, error, cancellationToken);
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
        return command;
    }

    /// <summary>Somebody who has typed it waits for something to happen.</summary>
    private static Task HintAsync(TextWriter error) => StandardStreams.IsInputTyped
        ? error.WriteLineAsync("This is for a program that speaks MCP and starts `sekia mcp` itself; it reads JSON-RPC messages, one on each line. Ctrl+D ends it.")
        : Task.CompletedTask;

    private static async Task<int> RunAsync(HostPlace place, AuthenticationHeaderValue? login, TextWriter error, CancellationToken cancellationToken)
    {
        using var host = new McpHost(place, login);

        // The protocol owns both streams: nothing but its messages may be written there.
#pragma warning disable RS0030
        using var input = new StreamReader(Console.OpenStandardInput());
        await using var output = Console.OpenStandardOutput();
#pragma warning restore RS0030
        using var session = new HostSession(host);
        await using var bridge = new StdioBridge(session, new MessageLines(input, output), error);
        return await bridge.RunAsync(cancellationToken);
    }
}
