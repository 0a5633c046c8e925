using System.CommandLine;
using System.Globalization;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Cli;

/// <summary><c>sekia token</c>: who may call the API from elsewhere. Works on the file itself, whether or not a host runs.</summary>
internal static class TokenCommand
{
    public static Command Create(string[] settings) => new("token", "Creates, lists and revokes the tokens that let programs call the API.")
    {
        CreateOne(settings),
        List(settings),
        Revoke(settings),
    };

    private static Command CreateOne(string[] settings)
    {
        var role = new Option<AccessRole>("--role") { Description = "read: look and change nothing; operate: everything.", Required = true };
        var name = new Option<string>("--name") { Description = "Whose it is, for example ci.", Required = true };
        var command = new Command("create", "Creates a token and prints it, this once.") { role, name };
        command.SetAction(parsed => Run(parsed, settings, tokens =>
            parsed.InvocationConfiguration.Output.WriteLine(tokens.Create(parsed.GetRequiredValue(name), parsed.GetRequiredValue(role), TimeProvider.System.GetUtcNow()))));
        return command;
    }

    private static Command List(string[] settings)
    {
        var command = new Command("list", "Lists the tokens: name, role, when created.");
        command.SetAction(parsed => Run(parsed, settings, tokens => Write(tokens.List(), parsed.InvocationConfiguration.Output)));
        return command;
    }

    private static Command Revoke(string[] settings)
    {
        var name = new Argument<string>("name") { Description = "Which one." };
        var command = new Command("revoke", "Ends a token at once.") { name };
        command.SetAction(parsed => Run(parsed, settings, tokens =>
        {
            tokens.Revoke(parsed.GetRequiredValue(name));
            parsed.InvocationConfiguration.Output.WriteLine($"The token '{parsed.GetRequiredValue(name)}' is revoked.");
        }));
        return command;
    }

    private static void Write(IReadOnlyList<AccessToken> tokens, TextWriter output)
    {
        if (tokens.Count == 0)
        {
            output.WriteLine("There are no tokens. sekia token create --role read --name <name> makes one.");
            return;
        }

        var width = tokens.Max(token => token.Name.Length);
        foreach (var token in tokens)
        {
            var role = token.Role == AccessRole.Read ? "read" : "operate";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{token.Name.PadRight(width)}  {role,-7}  {token.CreatedAt:yyyy-MM-dd HH:mm}"));
        }
    }

    private static int Run(ParseResult parsed, string[] settings, Action<TokenFile> action)
    {
        try
        {
            var (configuration, contentRoot) = SekiaServer.ReadSettings(settings);
            action(TokenFile.Of(configuration, contentRoot));
            return 0;
        }
        catch (Exception fault) when (fault is InvalidDataException or StartFailedException)
        {
            parsed.InvocationConfiguration.Error.WriteLine(fault.Message);
            return 1;
        }
    }
}
