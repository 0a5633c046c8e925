using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub.Commands;

/// <summary>
/// For commands that GitHub would carry out twice: what an earlier attempt sent, and is not there, may still be on its way. It is waited
/// for until it can no longer arrive, before it is sent again.
/// </summary>
internal sealed class UnclearSend(LiveOptions<GitHubOptions> options, TimeProvider clock)
{
    /// <summary>GitHub gives up a request after ten seconds. Until then it may still become something that is not there yet.</summary>
    private static readonly TimeSpan s_underWay = TimeSpan.FromSeconds(15);

    /// <summary>Called when something was looked for and not found.</summary>
    /// <param name="what">What may be on its way, with its article.</param>
    /// <param name="context">Of the command.</param>
    /// <exception cref="RetryAfterException">It may still arrive.</exception>
    public void Settle(string what, CommandContext context)
    {
        // An attempt sends nothing after its time is up.
        var settled = options.Current.CommandTimeout + s_underWay;
        if (context.BegunBefore is { } begun && clock.GetUtcNow() - begun < settled)
        {
            // In full: the next attempt counts from this one, which sends nothing.
            throw new RetryAfterException(settled, $"{what} was sent a moment ago, and it is not known what became of it: looked for again before it is sent again.");
        }
    }
}
