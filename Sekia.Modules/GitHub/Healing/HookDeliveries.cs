using System.Globalization;
using System.Text.Json;
using Sekia.Modules.GitHub.Client;
using Sekia.Modules.GitHub.Deliveries;
using Sekia.Modules.GitHub.Polling;

namespace Sekia.Modules.GitHub.Healing;

/// <summary>Reads what GitHub tells of the deliveries of a repository's webhooks, as far as they lead here.</summary>
internal sealed class HookDeliveries(GitHubClient github, string agent, TimeProvider clock)
{
    /// <summary>The numbers of the webhooks that lead here, and GitHub's time.</summary>
    public async Task<(IReadOnlyList<long> Hooks, DateTimeOffset Now)> HooksAsync(PolledRepo repo, CancellationToken cancellationToken)
    {
        var hooks = new List<long>();
        var now = clock.GetUtcNow();
        for (var next = $"{repo.Path}/hooks?per_page=100"; next is not null;)
        {
            using var page = await github.ListAsync(next, null, cancellationToken);
            now = page.Date ?? now;
            hooks.AddRange(page.Items.Where(LeadsHere).Select(hook => hook.At("id").Number()));
            next = page.Next?.AbsoluteUri;
        }

        return (hooks, now);
    }

    /// <summary>The deliveries of a webhook since a time, with all of their attempts; the newest attempt is the first.</summary>
    public async Task<ILookup<string, Try>> ReadAsync(PolledRepo repo, long hook, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var tries = new List<Try>();
        for (var next = string.Create(CultureInfo.InvariantCulture, $"{repo.Path}/hooks/{hook}/deliveries?per_page=100"); next is not null;)
        {
            using var page = await github.ListAsync(next, null, cancellationToken);
            Try[] read = [.. page.Items.Select(Try.Of)];
            tries.AddRange(read.Where(one => one.At >= since && one.Guid.Length > 0));
            next = Array.Exists(read, one => one.At < since) ? null : page.Next?.AbsoluteUri;
        }

        return tries.ToLookup(one => one.Guid);
    }

    /// <summary>Asks GitHub to send a delivery again.</summary>
    public Task AskAsync(PolledRepo repo, Missed missed, CancellationToken cancellationToken) => github.SendAsync(
        HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"{repo.Path}/hooks/{missed.Hook}/deliveries/{missed.Delivery}/attempts"), cancellationToken);

    private bool LeadsHere(JsonElement hook) =>
        hook.At("active").ValueKind != JsonValueKind.False
        && Uri.TryCreate(hook.At("config", "url").Text(), UriKind.Absolute, out var address) && GitHubRoutes.LeadsTo(agent, address);
}

/// <summary>One attempt of GitHub's to deliver something.</summary>
internal sealed record Try(long Id, string Guid, DateTimeOffset At, bool IsRedelivery, long Status)
{
    public bool IsTaken => Status is >= 200 and < 300;

    public static Try Of(JsonElement item) => new(
        item.At("id").Number(),
        item.At("guid").Text(),
        DateTimeOffset.TryParse(item.At("delivered_at").Text(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : default,
        item.At("redelivery").ValueKind == JsonValueKind.True,
        item.At("status_code").Number());
}
