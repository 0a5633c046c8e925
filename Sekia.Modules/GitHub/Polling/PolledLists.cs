using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Sekia.Modules.GitHub.Client;
using Sekia.Modules.GitHub.Deliveries;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>Reads pages of GitHub's lists, and does not read again what has not changed: GitHub does not count that.</summary>
internal sealed class PolledLists(GitHubClient github)
{
    /// <summary>By list: the address it was read to its end at, and the tag of what it said.</summary>
    private readonly ConcurrentDictionary<string, (string Path, string Tag)> _known = new();

    /// <summary>One page.</summary>
    /// <param name="list">The list's name, under which its tag is known; <c>null</c> to read in any case.</param>
    /// <param name="path">Where the page is.</param>
    /// <returns>An array; <c>null</c> when it is as it was when it had been read to its end.</returns>
    public async Task<GitHubPage?> ReadAsync(string? list, string path, CancellationToken cancellationToken)
    {
        var tag = list is not null && _known.TryGetValue(list, out var known) && known.Path == path ? known.Tag : null;
        var page = await github.ListAsync(path, tag, cancellationToken);
        return page.IsUnchanged ? null : page;
    }

    /// <summary>Everything of this page has been dealt with, and nothing comes after it.</summary>
    public void RememberEnd(string list, string path, GitHubPage page)
    {
        if (page.Tag is { } tag)
        {
            _known[list] = (path, tag);
        }
    }

    /// <summary>A list page by page, to its end.</summary>
    public async IAsyncEnumerable<JsonElement> ItemsAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = path; next is not null;)
        {
            using var page = await github.ListAsync(next, null, cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            // GitHub's own address of it: page numbers are refused in long lists.
            next = page.Next?.AbsoluteUri;
        }
    }

    /// <summary>All of a pull request that a list shows a part of; <c>null</c> when it is not there.</summary>
    public async Task<JsonDocument?> PullRequestAsync(PolledRepo repo, JsonElement item, PollTick tick, CancellationToken cancellationToken)
    {
        try
        {
            return (await github.ListAsync($"{repo.Path}/pulls/{item.At("number").Number()}", null, cancellationToken)).Document;
        }
        catch (GitHubRefusedException gone) when (gone.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            // It is in the list and not there: the others must not wait for it.
            tick.Trouble($"{repo}: {gone.Message}");
            return null;
        }
    }

    /// <summary>An issue, or what a list of issues shows of a pull request; <c>null</c> when it is not there any more.</summary>
    public async Task<JsonDocument?> IssueAsync(PolledRepo repo, long number, CancellationToken cancellationToken)
    {
        try
        {
            return (await github.ListAsync($"{repo.Path}/issues/{number}", null, cancellationToken)).Document;
        }
        catch (GitHubRefusedException gone) when (gone.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return null;
        }
    }

    /// <summary>What time it is at GitHub.</summary>
    public async Task<DateTimeOffset?> TimeAsync(PolledRepo repo, CancellationToken cancellationToken)
    {
        using var answer = await github.ListAsync(repo.Path, null, cancellationToken);
        return answer.Date;
    }
}
