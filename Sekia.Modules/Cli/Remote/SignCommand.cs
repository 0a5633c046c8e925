using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sekia.Modules.Hosting;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia workflows sign</c>: writes <c>workflows.sha256</c>, for <c>Workflows:VerifyIntegrity</c>. It takes no host.</summary>
internal static class SignCommand
{
    public static Command Create(HostOptions options)
    {
        var folder = new Option<string?>("--dir") { Description = "The directory; otherwise the one in the settings.", HelpName = "path" };
        var command = new Command("sign", "Writes the hashes of the workflows as they are now to workflows.sha256.") { folder, options.Json };
        command.SetAction(async (parsed, stop) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var path = "";
            try
            {
                path = Path.GetFullPath(parsed.GetValue(folder) ?? options.Settings()["Workflows:Directory"] ?? new WorkflowsOptions().Directory);
                var signed = await SignAsync(path, stop);
                await output.WriteLineAsync(parsed.GetValue(options.Json) ? JsonOf(path, signed) : TextOf(path, signed));
                return 0;
            }
            catch (DirectoryNotFoundException)
            {
                await error.WriteLineAsync($"There is no folder {path}. Name the one with the workflows with --dir.");
                return HostFaultException.Refused;
            }
            catch (Exception failure) when (StartFailure.Explain(failure) is { } explanation)
            {
                await error.WriteLineAsync(explanation);
                return HostFaultException.Refused;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync($"The workflows in {path} cannot be signed: {fault.Message}");
                return HostFaultException.Refused;
            }
        });
        return command;
    }

    private static async Task<List<(string File, string Hash)>> SignAsync(string folder, CancellationToken stop)
    {
        var signed = new List<(string File, string Hash)>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.lua").Order(StringComparer.Ordinal))
        {
            await using var source = File.OpenRead(file);
            signed.Add((Path.GetFileName(file), Convert.ToHexStringLower(await SHA256.HashDataAsync(source, stop))));
        }

        // Beside it and then in its place: the host may read it at any moment.
        var manifest = Path.Combine(folder, WorkflowFolder.ManifestName);
        await File.WriteAllLinesAsync(manifest + ".new", signed.Select(LineOf), stop);
        File.Move(manifest + ".new", manifest, overwrite: true);
        return signed;
    }

    private static string LineOf((string File, string Hash) one) => $"{one.Hash}  {one.File}";

    private static string TextOf(string folder, List<(string File, string Hash)> signed) =>
        string.Join('\n', signed.Select(LineOf).Prepend($"Signed {signed.Count} workflow(s) in {folder}"));

    private static string JsonOf(string folder, List<(string File, string Hash)> signed) => new JsonObject
    {
        ["directory"] = folder,
        ["workflows"] = new JsonArray([.. signed.Select(one => new JsonObject { ["file"] = one.File, ["sha256"] = one.Hash })]),
    }.ToJsonString(CliJson.Indented);
}
