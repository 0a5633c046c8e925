using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Modules.Cli.Remote;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Cli.Config;

/// <summary><c>sekia config</c>: the settings, before a host starts with them and while one runs.</summary>
internal static class ConfigCommand
{
    public static Command Create(string[] settings, IReadOnlyList<IModule> modules, RemoteCommand remote, HostOptions options)
    {
        var command = new Command("config", "The settings; by itself, under which environment names they can be given.")
        {
            Names("names", "Shows under which environment names settings can be given.", options.Json),
            Show(settings, modules, options.Json),
            Running(remote),
            Check(settings, modules, options.Json),
            Reload(remote),
            options.Json,
        };
        command.SetAction(parsed => WriteNames(parsed, options.Json));
        return command;
    }

    private static Command Names(string name, string description, Option<bool> json)
    {
        var command = new Command(name, description) { json };
        command.SetAction(parsed => WriteNames(parsed, json));
        return command;
    }

    private static Command Show(string[] settings, IReadOnlyList<IModule> modules, Option<bool> json)
    {
        var command = new Command("show", "Shows what the settings come to for a Sekia started here, and where each was made. Secrets are not shown.") { json };
        command.SetAction(parsed => RemoteCommand.RunAsync(
            async () =>
            {
                var (check, configuration, _) = SekiaServer.Inspect(settings, modules);
                var view = JsonSerializer.SerializeToNode(EffectiveSettings.Of(check, configuration, SekiaServer.LogLevels), SettingsJson.Readable.SettingsView)!;
                var output = parsed.InvocationConfiguration.Output;
                if (parsed.GetValue(json))
                {
                    await output.WriteLineAsync(view.ToJsonString(CliJson.Indented));
                }
                else
                {
                    Write(view, new PlainWriter(output));
                }
            },
            parsed.InvocationConfiguration.Error));
        return command;
    }

    private static Command Running(RemoteCommand remote) => remote.Create(
        "running",
        "Shows the settings in effect in the Sekia that runs, and which have changed and wait for its restart. Secrets are not shown.",
        (host, _, stop) => host.GetAsync("config", stop),
        Write);

    private static Command Check(string[] settings, IReadOnlyList<IModule> modules, Option<bool> json)
    {
        var command = new Command("check", "Checks the settings, the files they name and the workflows, and starts nothing. Ends with 1 when anything is wrong.") { json };
        command.SetAction(async parsed =>
        {
            var faults = new List<string>();
            var code = await RemoteCommand.RunAsync(
                async () =>
                {
                    faults.AddRange(ConfigCheck.FaultsIn(settings, modules));
                    await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(json) ? JsonOf(faults) : TextOf(faults));
                },
                parsed.InvocationConfiguration.Error);
            return code == 0 && faults.Count > 0 ? HostFaultException.Refused : code;
        });
        return command;
    }

    private static string JsonOf(List<string> faults) =>
        new JsonObject { ["ok"] = faults.Count == 0, ["faults"] = new JsonArray([.. faults.Select(fault => JsonValue.Create(fault))]) }.ToJsonString(CliJson.Indented);

    private static string TextOf(List<string> faults) => faults.Count == 0
        ? "The settings are good, and so are the workflows."
        : PlainText.OfLines($"{(faults.Count == 1 ? "One thing is" : $"{faults.Count} things are")} wrong.\n" + string.Concat(faults.Select(fault => $"\n  - {fault}")));

    private static Command Reload(RemoteCommand remote)
    {
        var target = new Option<string?>("--target") { Description = "Whom the message names: an agent, sekiad for the host; otherwise all.", HelpName = "name" };
        return remote.Create(
            "reload",
            "Has the Sekia that runs read its settings again.",
            async (host, parsed, stop) =>
            {
                var answer = await host.PostAsync(Query.Of("config/reload", ("target", parsed.GetValue(target))), body: null, stop);
                return (bool)answer["taken"]! ? answer : throw new HostFaultException((string)answer["detail"]!, HostFaultException.Refused);
            },
            (answer, output) => output.WriteLine($"Config reload requested ({((string)answer["target"]! is "*" ? "all" : CliTable.Line(answer["target"]))}). {CliTable.Line(answer["detail"])}"),
            target);
    }

    private static void Write(JsonNode view, TextWriter output)
    {
        var settings = view["settings"]!.AsArray();
        CliTable.Write(
            output,
            "There are no settings.",
            ["SETTING", "VALUE", "FROM"],
            settings.Select(setting => new[]
            {
                CliTable.Cell(setting!["key"]),
                !(bool)setting["is_set"]! ? "" : (bool)setting["secret"]! ? "(secret)" : setting["value"] is { } value ? CliTable.Cell(value) : "(not shown)",
                CliTable.Cell(setting["origin"]),
            }));
        foreach (var faulty in settings.Where(setting => setting!["fault"] is not null))
        {
            output.WriteLine($"{CliTable.Line(faulty!["key"])}: {CliTable.Line(faulty["fault"])}");
        }

        if (view["pending_restart"]!.AsArray() is { Count: > 0 } pending)
        {
            output.WriteLine($"Changed, and in effect after a restart: {string.Join(", ", pending.Select(CliTable.Cell))}.");
        }
    }

    private static void WriteNames(ParseResult parsed, Option<bool> json)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(json))
        {
            output.WriteLine(new JsonObject
            {
                ["names"] = new JsonArray([.. EnvironmentNames.All.Select(row => new JsonObject { ["name"] = row.Name, ["key"] = row.Key, ["meaning"] = row.Meaning, ["secret"] = row.Secret })]),
            }.ToJsonString(CliJson.Indented));
            return;
        }

        output.WriteLine("Any setting can be given in appsettings.json, as the environment variable Section__Key, or as --Section:Key=value.");
        output.WriteLine("These also have a name of their own (* is a secret):");
        output.WriteLine();
        var name = EnvironmentNames.All.Max(row => row.Name.Length);
        var key = EnvironmentNames.All.Max(row => row.Key.Length);
        foreach (var row in EnvironmentNames.All)
        {
            output.WriteLine($"{(row.Secret ? '*' : ' ')} {row.Name.PadRight(name)}  {row.Key.PadRight(key)}  {row.Meaning}");
        }
    }
}
