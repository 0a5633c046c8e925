using System.Text.Json;

namespace Sekia.Tests.GitHub;

/// <summary>GitHub's answers, with what is around the fields that matter left out.</summary>
internal static class Samples
{
    public const string Head = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

    /// <summary>owner, repo and number of all samples.</summary>
    public static readonly Dictionary<string, object> Issue7 = With();

    public static string Issue(string state = "open", string[]? assignees = null) => JsonSerializer.Serialize(new
    {
        number = 7,
        title = "Crash at start",
        body = "It crashes.",
        state,
        user = new { login = "octocat", type = "User" },
        labels = (object[])[new { id = 1, name = "bug" }, "plain"],
        assignees = (assignees ?? []).Select(login => new { login }),
        html_url = "https://github.com/acme/shop/issues/7",
        repository_url = "https://api.github.com/repos/acme/shop",
        comments = 3,
        created_at = "2026-01-01T00:00:00Z",
        updated_at = "2026-01-02T00:00:00Z",
    });

    public static string PullRequest(string head = Head, bool merged = false) => JsonSerializer.Serialize(new
    {
        number = 7,
        title = "Mend the crash",
        body = (string?)null,
        state = merged ? "closed" : "open",
        draft = false,
        merged,
        mergeable = (bool?)null,
        merge_commit_sha = merged ? "feed" : null,
        user = (object?)null,
        labels = new[] { new { name = "bug" } },
        head = new { @ref = "mend", sha = head },
        @base = new { @ref = "main", sha = "base" },
        html_url = "https://github.com/acme/shop/pull/7",
        created_at = "2026-01-01T00:00:00Z",
        updated_at = "2026-01-02T00:00:00Z",
    });

    public static string Comment(long id, string body) =>
        JsonSerializer.Serialize(new { id, body, html_url = $"https://github.com/acme/shop/issues/7#issuecomment-{id}" });

    public static object Review(long id, string login, string state, string commit = Head, string type = "User") =>
        new { id, user = new { login, type }, state, commit_id = commit, html_url = $"https://github.com/acme/shop/pull/7#pullrequestreview-{id}" };

    /// <summary>A payload: the issue's address and more.</summary>
    public static Dictionary<string, object> With(params (string Name, object Value)[] more)
    {
        var payload = new Dictionary<string, object> { ["owner"] = "acme", ["repo"] = "shop", ["number"] = 7 };
        foreach (var (name, value) in more)
        {
            payload[name] = value;
        }

        return payload;
    }
}
