using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Cli.Remote;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Cli.Demo;

/// <summary><c>sekia demo</c>: a few deliveries as from GitHub, and the path of each through Sekia.</summary>
internal static class DemoCommand
{
    public static Command Create(string[] settings, IReadOnlyList<IModule> modules, HostOptions options)
    {
        var live = new Option<bool>("--live") { Description = "Go on although commands would really be sent, about a repository that does not exist." };
        var command = new Command("demo", "Sends sample GitHub deliveries to the running Sekia, or to one that it starts for the purpose, and shows what becomes of each.")
        {
            live,
            options.Url,
            options.Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            try
            {
                var played = new JsonArray();
                var asJson = parsed.GetValue(options.Json);
                var code = await RunAsync(settings, modules, parsed.GetValue(options.Url), parsed.GetValue(live), played, asJson ? TextWriter.Null : output, error, cancellationToken);
                if (asJson && code == 0)
                {
                    await output.WriteLineAsync(new JsonObject { ["deliveries"] = played }.ToJsonString(CliJson.Indented));
                }

                return code;
            }
            catch (Exception failure) when (StartFailure.Explain(failure) is { } explanation)
            {
                await error.WriteLineAsync(explanation);
                return 1;
            }
            catch (HttpRequestException failure)
            {
                await error.WriteLineAsync($"Sekia does not answer as it should: {failure.Message}");
                return 1;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        string[] settings, IReadOnlyList<IModule> modules, Uri? url, bool live, JsonArray played, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationManager();
        configuration.AddSekiaSettings(Path.GetFullPath("."), settings);
        var address = url ?? HostOptions.AddressIn(configuration);
        using (var running = new DemoClient(address, configuration))
        {
            if (await running.LiveAgentsAsync(cancellationToken) is { } agents)
            {
                if (!live && await ObjectionAsync(running, agents, settings, modules, configuration, cancellationToken) is { } objection)
                {
                    await error.WriteLineAsync($"The Sekia at {HostPlace.Text(address)} {objection}. Set Agents:DryRun to true there, or add --live. The samples are of a repository that does not exist: GitHub will refuse what it is sent, others may not.");
                    return 1;
                }

                await output.WriteLineAsync($"Sekia runs at {HostPlace.Text(address)}");
                return await PlayAsync(running, played, output, error, cancellationToken);
            }
        }

        if (url is not null)
        {
            await error.WriteLineAsync($"No Sekia answers at {HostPlace.Text(address)}. Start one, or leave out --url.");
            return HostFaultException.NoHost;
        }

        await output.WriteLineAsync($"No Sekia runs at {HostPlace.Text(address)}; this one is started for the demo, with a journal that is thrown away. Nothing is sent.");
        await using var host = await DemoHost.StartAsync(settings, modules, cancellationToken);
        using var client = new DemoClient(host.Address, configuration);
        return await PlayAsync(client, played, output, error, cancellationToken);
    }

    private static async Task<string?> ObjectionAsync(
        DemoClient running, IReadOnlySet<string> live, string[] settings, IReadOnlyList<IModule> modules, IConfiguration configuration, CancellationToken cancellationToken)
    {
        if (live.Count == 0)
        {
            return null;
        }

        await using var host = await DemoHost.StartAsync(settings, modules, cancellationToken);
        using var client = new DemoClient(host.Address, configuration);
        var rehearsal = await DemoRehearsal.PlayAsync(client, cancellationToken);
        return rehearsal.Objection(live, await running.WorkflowsAsync(cancellationToken));
    }

    private static async Task<int> PlayAsync(DemoClient client, JsonArray played, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        foreach (var delivery in DemoDelivery.All)
        {
            await output.WriteLineAsync();
            await output.WriteLineAsync($"{delivery.Title}: POST /webhooks/github, X-GitHub-Event: {delivery.Event}");
            var (status, body) = await client.DeliverAsync(delivery, cancellationToken);
            if ((string?)body?["id"] is not { } id)
            {
                await error.WriteLineAsync($"The delivery was not accepted ({status}): {body?["detail"] ?? body?["status"]}");
                return 1;
            }

            var why = await client.FollowAsync(id, cancellationToken);
            await output.WriteLineAsync($"  → event {CliTable.Line(why["event"]!["type"])}, {id}");
            DemoPath.Write(why, output);
            played.Add(new JsonObject { ["delivery"] = delivery.Title, ["github_event"] = delivery.Event, ["id"] = id, ["why"] = why.DeepClone() });
        }

        return 0;
    }
}
