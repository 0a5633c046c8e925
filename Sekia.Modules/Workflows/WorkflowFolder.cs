using System.Globalization;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Workflows;

/// <summary>One file of the folder: its bytes, read once, so that what was checked is what runs.</summary>
/// <param name="Refusal">Why it may not be loaded; <c>null</c> when it may.</param>
internal sealed record WorkflowFile(string Name, string Path, byte[] Source, string Hash, string? Refusal);

/// <summary>The <c>.lua</c> files of a folder, and the manifest that says which of them may run.</summary>
internal static class WorkflowFolder
{
    /// <summary>The file with the hashes, as <c>sha256sum</c> writes it.</summary>
    public const string ManifestName = "workflows.sha256";

    /// <summary>Reads all files. A workflow's name is that of its file without the ending.</summary>
    /// <param name="folder">Not searched below.</param>
    /// <param name="verify">Whether only files may run whose hash stands in the manifest.</param>
    public static IReadOnlyList<WorkflowFile> Read(string folder, bool verify)
    {
        var (manifest, fault) = verify ? ReadManifest(Path.Combine(folder, ManifestName)) : (null, null);
        var files = new List<WorkflowFile>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.lua").Order(StringComparer.Ordinal))
        {
            try
            {
                var source = File.ReadAllBytes(path);
                var hash = WorkflowVersion.HashOf(source);
                var refusal = FaultOfName(Path.GetFileNameWithoutExtension(path))
                    ?? (verify ? fault ?? RefusalOf(Path.GetFileName(path), hash, manifest!) : null);
                files.Add(new WorkflowFile(Path.GetFileNameWithoutExtension(path), path, source, hash, refusal));
            }
            catch (FileNotFoundException)
            {
                // Gone between listing and reading: it is as if it had not been there.
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                files.Add(new WorkflowFile(Path.GetFileNameWithoutExtension(path), path, [], "", $"the file cannot be read: {unreadable.Message}"));
            }
        }

        return files;
    }

    /// <summary>A workflow's name is part of a subject and of the source of what it publishes.</summary>
    private static string? FaultOfName(string name) => Subject.FaultOf(Subject.OfWorkflow(name)) is { } fault
        ? $"the file's name cannot be a workflow's: {fault}. Rename it."
        : null;

    private static string? RefusalOf(string file, string hash, Dictionary<string, string> manifest) =>
        !manifest.TryGetValue(file, out var expected) ? $"{file} does not stand in {ManifestName}. Look at it, and sign it with `sekia workflows sign`."
        : expected != hash ? $"{file} differs from {ManifestName}. Look at the change, and sign it with `sekia workflows sign`."
        : null;

    /// <summary>Lines as <c>sha256sum</c> writes them; <c>#</c> begins a comment. One malformed line refuses the whole manifest.</summary>
    private static (Dictionary<string, string>? Manifest, string? Fault) ReadManifest(string path)
    {
        if (!File.Exists(path))
        {
            return (null, $"{ManifestName} is missing, and Workflows:VerifyIntegrity wants it. Write it with `sekia workflows sign`.");
        }

        var manifest = new Dictionary<string, string>(StringComparer.Ordinal);
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return (null, $"{ManifestName} cannot be read: {unreadable.Message}");
        }

        foreach (var (number, text) in lines.Index())
        {
            var line = text.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line.Length < 67 || line[64] != ' ' || line[65] is not (' ' or '*') || !line.AsSpan(0, 64).ToString().All(char.IsAsciiHexDigit))
            {
                return (null, string.Create(CultureInfo.InvariantCulture, $"line {number + 1} of {ManifestName} is malformed; a line is 64 hex digits, two spaces and a file's name."));
            }

            manifest[line[66..]] = line[..64].ToLowerInvariant();
        }

        return (manifest, null);
    }
}
