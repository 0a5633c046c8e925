namespace Sekia.Modules.Hosting;

/// <summary>What a team says to each other passes through here: nobody but the user may look.</summary>
internal static class PrivateFolder
{
    /// <summary>Makes a folder, and those above it that are missing, for this user alone. One that is there is left as it is.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else if (!Directory.Exists(path))
        {
            // .NET gives the mode to the last folder only.
            if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
            {
                Create(parent);
            }

            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
