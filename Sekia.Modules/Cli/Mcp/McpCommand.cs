using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Cli.Mcp;

/// <summary><c>sekia mcp</c>: standard input and output for clients that start their servers themselves, with the running host behind.</summary>
internal static class McpCommand
{
    private const string TokenVariable = "SEKIA_TOKEN";

    public static Command Create()
    {
        var url = new Option<Uri>("--url")
        {
            Description = "Where Sekia listens.",
            DefaultValueFactory = _ => new Uri("http://127.0.0.1:7600"),
            CustomParser = ReadAddress,
        };
        var socket = new Option<string?>("--socket") { Description = "The Unix socket it listens on, instead of an address." };
        var command = new Command("mcp", $"Speaks the Model Context Protocol on standard input and output, for the Sekia that runs. A token is taken from {TokenVariable}.") { url, socket };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(url)!, parsed.GetValue(socket), parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static Uri? ReadAddress(ArgumentResult given)
    {
        var text = given.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
        {
            return address;
        }

        given.AddError($"'{text}' is no address; an example is http://127.0.0.1:7600.");
        return null;
    }

    private static async Task<int> RunAsync(Uri url, string? socket, TextWriter error, CancellationToken cancellationToken)
    {
        var token = new ConfigurationBuilder().AddEnvironmentVariables().Build()[TokenVariable];
        using var host = new McpHost(url, socket, token);

        // The protocol owns both streams: nothing but its messages may be written there.
#pragma warning disable RS0030
        using var input = new StreamReader(Console.OpenStandardInput());
        await using var output = Console.OpenStandardOutput();
#pragma warning restore RS0030
        await using var bridge = new StdioBridge(host, new MessageLines(input, output), error);
        return await bridge.RunAsync(cancellationToken);
    }
}
