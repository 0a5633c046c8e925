using System.Collections.Concurrent;
using System.Text.Json;

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

    /// <summary>A single thing.</summary>
    public async Task<JsonDocument> GetAsync(string path, CancellationToken cancellationToken) => (await github.ListAsync(path, null, cancellationToken)).Document;

    /// <summary>What time it is at GitHub.</summary>
    public async Task<DateTimeOffset?> TimeAsync(PolledRepo repo, CancellationToken cancellationToken)
    {
        using var answer = await github.ListAsync(repo.Path, null, cancellationToken);
        return answer.Date;
    }
}
