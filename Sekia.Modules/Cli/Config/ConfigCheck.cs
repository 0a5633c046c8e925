using Microsoft.Extensions.Logging.Abstractions;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Hosting.Logs;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Cli.Config;

/// <summary>All that would keep a host from its work, found without starting one and without changing anything.</summary>
internal static class ConfigCheck
{
    /// <summary>What is wrong, each with what to do.</summary>
    /// <exception cref="StartFailedException">The settings cannot be read at all.</exception>
    public static IReadOnlyList<string> FaultsIn(string[] settings, IReadOnlyList<IModule> modules)
    {
        var (check, configuration, contentRoot) = SekiaServer.Inspect(settings, modules);
        var options = check.Bindings.Select(binding => binding.Current).ToArray();
        return
        [
            .. check.Check(configuration).Faults,
            .. options.OfType<JournalOptions>().Where(journal => journal.Mode == JournalMode.Durable).SelectMany(journal => FaultsOfFile("Journal:Path", Path.GetFullPath(journal.Path, contentRoot))),
            .. options.OfType<LogOptions>().Where(logs => logs.Path.Length > 0).SelectMany(logs => FaultsOfFile("Logs:Path", Path.GetFullPath(logs.Path, contentRoot))),
            .. FaultsOfTokens(TokenFile.Of(configuration, contentRoot)),
            .. options.OfType<WorkflowsOptions>().Where(workflows => workflows.Enabled).SelectMany(workflows => FaultsOfWorkflows(workflows, contentRoot)),
        ];
    }

    /// <summary>A file that a host would write: its folder must be one, or be possible to make.</summary>
    private static IEnumerable<string> FaultsOfFile(string key, string path)
    {
        if (Directory.Exists(path))
        {
            yield return $"{key}: {path} is a folder, and a file is to be written there. Set it to the path of a file.";
        }

        var above = Path.GetDirectoryName(path);
        while (above is not null && !Path.Exists(above))
        {
            above = Path.GetDirectoryName(above);
        }

        if (File.Exists(above))
        {
            yield return $"{key}: {above} is a file where a folder should be. Remove it, or set {key} to another place.";
        }
        else if (above is not null && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(above) & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0)
        {
            yield return $"{key}: nobody may write in {above}. Give this user the right to, or set {key} to another place.";
        }
    }

    private static IEnumerable<string> FaultsOfTokens(TokenFile tokens)
    {
        string? fault = null;
        try
        {
            _ = tokens.List();
        }
        catch (InvalidDataException unreadable)
        {
            fault = unreadable.Message;
        }

        return fault is null ? [] : [fault];
    }

    /// <summary>The default folder is made at the start where there is none; a file that does not load would be refused then.</summary>
    private static IEnumerable<string> FaultsOfWorkflows(WorkflowsOptions options, string contentRoot)
    {
        if (options.FaultOfDirectory(contentRoot) is { } missing)
        {
            return [missing];
        }

        var folder = Path.GetFullPath(options.Directory, contentRoot);
        if (!Directory.Exists(folder))
        {
            return FaultsOfFile("Workflows:Directory", Path.Combine(folder, "any"));
        }

        try
        {
            return [.. WorkflowFolder.Read(folder, options.VerifyIntegrity).Select(file => FaultOf(file, options)).OfType<string>()];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [$"Workflows:Directory: {folder} cannot be read: {fault.Message}"];
        }
    }

    private static string? FaultOf(WorkflowFile file, WorkflowsOptions options)
    {
        if (file.Refusal is not null)
        {
            return $"workflow {file.Name}: {file.Refusal}";
        }

        try
        {
            // At its top level a script asks no agent for anything, so that none has to be there.
            var nobody = new AgentRegistry([], new LiveOptions<AgentsOptions>(new AgentsOptions()), TimeProvider.System);
            using var version = WorkflowVersion.Load(file.Name, file.Path, file.Source, options, nobody, new WorkflowMemory(), NullLogger.Instance);
            return null;
        }
        catch (LuaScriptException fault)
        {
            return $"workflow {file.Name}: {fault.Message}";
        }
    }
}
