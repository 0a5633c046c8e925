using Sekia.Modules.Hosting;

namespace Sekia.Modules.Journal;

/// <summary>The database file, held so that no second process writes it.</summary>
internal sealed class JournalFile : IDisposable
{
    private readonly FileStream _lock;
    private readonly string? _temporary;

    private JournalFile(string path, FileStream held, string? temporary)
    {
        Path = path;
        _lock = held;
        _temporary = temporary;
    }

    public string Path { get; }

    /// <summary>Makes the directory if need be and takes the file for this process.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be made, or another process has it.</exception>
    public static JournalFile Open(JournalOptions options, string contentRoot)
    {
        // Memory mode runs the same code on a file that is never forced to disk and goes with the process.
        var temporary = options.Mode == JournalMode.Memory ? Directory.CreateTempSubdirectory("sekia-").FullName : null;
        var path = temporary is null ? System.IO.Path.GetFullPath(options.Path, contentRoot) : System.IO.Path.Combine(temporary, "sekia.db");
        try
        {
            PrivateFolder.Create(System.IO.Path.GetDirectoryName(path)!);
            return new JournalFile(path, new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), temporary);
        }
        catch (IOException fault) when (IsHeld(fault))
        {
            throw new JournalUnavailableException(
                $"Another Sekia is running with the journal {path}. Stop it, or set Journal:Path to another file for this one.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new JournalUnavailableException(
                $"The journal's directory cannot be used: {fault.Message} Give this user the right to write there, or set Journal:Path to another file.", fault);
        }
    }

    public void Dispose()
    {
        _lock.Dispose();

        // The host closes it when it stops, and the container once more at the end.
        if (Directory.Exists(_temporary))
        {
            Directory.Delete(_temporary, recursive: true);
        }
    }

    /// <summary>Another process has the file: the system's "would block", or on Windows its sharing violation.</summary>
    private static bool IsHeld(IOException fault) => fault.HResult is 11 or 35 or unchecked((int)0x8007_0020);
}
