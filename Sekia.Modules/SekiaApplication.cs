using Sekia.Modules.Cli;

namespace Sekia.Modules;

/// <summary>The program: what <c>Program.cs</c> calls with the list of modules.</summary>
public static class SekiaApplication
{
    /// <summary>Does what the command line says: serve, or one of the commands.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="modules">All modules, in start order.</param>
    /// <returns>The exit code: 0 after an orderly end, 1 when something was wrong and has been said.</returns>
    public static Task<int> RunAsync(string[] args, IReadOnlyList<IModule> modules) => SekiaCommandLine.RunAsync(args, modules);
}
