using System.Globalization;
using System.Numerics;

namespace Sekia.Tests.Support;

/// <summary>The threads of this process as Linux tells of them.</summary>
internal static class OsThreads
{
    private const int NiceAfterName = 16;

    /// <summary>The first one, whose priority and cores are those that the process was given.</summary>
    public static OsThreadState Main => Read("/proc/self")!;

    /// <summary>Those with a name, of which Linux keeps 15 characters.</summary>
    public static IReadOnlyList<OsThreadState> Named(string name) => [.. Directory
        .EnumerateDirectories("/proc/self/task")
        .Select(Read)
        .OfType<OsThreadState>()
        .Where(thread => thread.Name == name[..Math.Min(name.Length, 15)])];

    private static OsThreadState? Read(string folder)
    {
        try
        {
            var name = File.ReadAllText(Path.Combine(folder, "comm")).TrimEnd();
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            var nice = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[NiceAfterName];
            var cores = File.ReadLines(Path.Combine(folder, "status")).First(line => line.StartsWith("Cpus_allowed:", StringComparison.Ordinal)).Split('\t')[1];
            return new OsThreadState(
                name,
                int.Parse(nice, CultureInfo.InvariantCulture),
                cores.Where(char.IsAsciiHexDigit).Sum(digit => BitOperations.PopCount(uint.Parse([digit], NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }
}

/// <summary>A thread.</summary>
/// <param name="Name">As Linux keeps it.</param>
/// <param name="Nice">Higher gives way to lower.</param>
/// <param name="Cores">How many it may have.</param>
internal sealed record OsThreadState(string Name, int Nice, int Cores);
