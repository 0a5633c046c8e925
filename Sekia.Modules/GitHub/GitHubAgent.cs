using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub;

/// <summary>One GitHub account: its events come in, its commands go out.</summary>
internal sealed class GitHubAgent(string name, LiveOptions<GitHubOptions> options) : IAgent
{
    public string Name => name;

    public string? CannotSend => string.IsNullOrEmpty(options.Current.Token) ? "no token is set" : null;
}
