using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Sekia.Modules.Cli.Remote;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Cli;

/// <summary><c>sekia token</c>: who may call the API from elsewhere. Works on the file itself, whether or not a host runs.</summary>
internal static class TokenCommand
{
    private const string Read = "read";
    private const string Operate = "operate";

    public static Command Create(string[] settings, Option<bool> json) => new("token", "Creates, lists and revokes the tokens that let programs call the API.")
    {
        CreateOne(settings, json),
        List(settings, json),
        Revoke(settings, json),
    };

    private static Command CreateOne(string[] settings, Option<bool> json)
    {
        var role = TypedArguments.RequiredChoice("--role", "read: look and change nothing; operate: everything.", Read, Operate);
        var name = new Option<string>("--name") { Description = "Whose it is, for example ci.", Required = true };
        var command = new Command("create", "Creates a token and prints it, this once.") { role, name, json };
        command.SetAction(parsed => Run(parsed, settings, tokens =>
        {
            var (whose, allows) = (parsed.GetRequiredValue(name), parsed.GetRequiredValue(role) == Read ? AccessRole.Read : AccessRole.Operate);
            var token = tokens.Create(whose, allows, TimeProvider.System.GetUtcNow());
            parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(json)
                ? new JsonObject { ["name"] = whose, ["role"] = TextOf(allows), ["token"] = token }.ToJsonString(CliJson.Indented)
                : token);
        }));
        return command;
    }

    private static Command List(string[] settings, Option<bool> json)
    {
        var command = new Command("list", "Lists the tokens: name, role, when created.") { json };
        command.SetAction(parsed => Run(parsed, settings, tokens =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                output.WriteLine(new JsonObject { ["tokens"] = new JsonArray([.. tokens.List().Select(ObjectOf)]) }.ToJsonString(CliJson.Indented));
            }
            else
            {
                Write(tokens.List(), output);
            }
        }));
        return command;
    }

    private static Command Revoke(string[] settings, Option<bool> json)
    {
        var name = new Argument<string>("name") { Description = "The token's name." };
        var command = new Command("revoke", "Ends a token at once.") { name, json };
        command.SetAction(parsed => Run(parsed, settings, tokens =>
        {
            tokens.Revoke(parsed.GetRequiredValue(name));
            parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(json)
                ? new JsonObject { ["revoked"] = parsed.GetRequiredValue(name) }.ToJsonString(CliJson.Indented)
                : $"The token '{parsed.GetRequiredValue(name)}' is revoked.");
        }));
        return command;
    }

    private static void Write(IReadOnlyList<AccessToken> tokens, TextWriter output) => CliTable.Write(
        output,
        "There are no tokens. sekia token create --role read --name <name> makes one.",
        ["NAME", "ROLE", "CREATED AT"],
        tokens.Select(token => new[] { token.Name, TextOf(token.Role), token.CreatedAt.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) }));

    private static JsonObject ObjectOf(AccessToken token) =>
        new() { ["name"] = token.Name, ["role"] = TextOf(token.Role), ["created_at"] = token.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) };

    private static string TextOf(AccessRole role) => role == AccessRole.Read ? "read" : "operate";

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
