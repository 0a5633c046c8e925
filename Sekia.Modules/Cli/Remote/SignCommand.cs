using System.CommandLine;
using System.Security.Cryptography;
using Sekia.Modules.Hosting;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia workflows sign</c>: writes <c>workflows.sha256</c>, for <c>Workflows:VerifyIntegrity</c>. It takes no host.</summary>
internal static class SignCommand
{
    public static Command Create(HostOptions options)
    {
        var folder = new Option<string?>("--dir") { Description = "The directory; otherwise the one in the settings.", HelpName = "path" };
        var command = new Command("sign", "Writes the hashes of the workflows as they are now to workflows.sha256.") { folder };
        command.SetAction(async (parsed, stop) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var path = "";
            try
            {
                path = Path.GetFullPath(parsed.GetValue(folder) ?? options.Settings()["Workflows:Directory"] ?? new WorkflowsOptions().Directory);
                await SignAsync(path, output, stop);
                return 0;
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

    private static async Task SignAsync(string folder, TextWriter output, CancellationToken stop)
    {
        var lines = new List<string>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.lua").Order(StringComparer.Ordinal))
        {
            await using var source = File.OpenRead(file);
            lines.Add($"{Convert.ToHexStringLower(await SHA256.HashDataAsync(source, stop))}  {Path.GetFileName(file)}");
        }

        // Beside it and then in its place: the host may read it at any moment.
        var manifest = Path.Combine(folder, WorkflowFolder.ManifestName);
        await File.WriteAllLinesAsync(manifest + ".new", lines, stop);
        File.Move(manifest + ".new", manifest, overwrite: true);
        await output.WriteLineAsync($"Signed {lines.Count} workflow(s) in {folder}");
        foreach (var line in lines)
        {
            await output.WriteLineAsync(line);
        }
    }
}
