using System.Globalization;
using Sekia.Modules.Agents;

namespace Sekia.Modules.GitHub.Client;

/// <summary>Addresses below the API's root. Every part that comes from outside is one segment, whatever it holds.</summary>
internal static class GitHubPath
{
    public static string Repository(string owner, string repo) => $"repos/{Segment("owner", owner)}/{Segment("repo", repo)}";

    public static string Issue(string owner, string repo, int number) => string.Create(CultureInfo.InvariantCulture, $"{Repository(owner, repo)}/issues/{number}");

    public static string PullRequest(string owner, string repo, int number) => string.Create(CultureInfo.InvariantCulture, $"{Repository(owner, repo)}/pulls/{number}");

    /// <summary>One segment, escaped.</summary>
    /// <exception cref="CommandFailedException">It would lead to another address: dots are resolved even when they are escaped.</exception>
    public static string Segment(string argument, string value) => value is "" or "." or ".."
        ? throw new CommandFailedException($"Argument '{argument}' is '{value}', which names nothing on GitHub.")
        : Uri.EscapeDataString(value);
}
