namespace Sekia.Tests.Support;

/// <summary>A folder of a test's own, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sekia-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Write(string name, string text) => System.IO.File.WriteAllText(File(name), text);

    /// <summary>All that the host has logged so far.</summary>
    public string Log() => string.Concat(Directory.EnumerateFiles(File("data/logs"), "*.log").Order().Select(ReadWhileOpen));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string ReadWhileOpen(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
