using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub.Polling;

/// <summary>
/// GitHub as one who reads it sees it: repositories with issues, pull requests and comments, that change; lists with GitHub's filters, order,
/// pages and tags; a clock of its own, to the second.
/// </summary>
internal sealed class PolledGitHub : IAsyncDisposable
{
    private readonly RecordingServer _server;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PolledRepository> _repositories = [];
    private int _id = 1000;

    private PolledGitHub(RecordingServer server)
    {
        _server = server;
    }

    public string Address => _server.Address;

    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The requests for a list or an item so far.</summary>
    public IReadOnlyList<RecordedRequest> Requests => [.. _server.Requests.Where(request => request.PathAndQuery.Contains("/issues", StringComparison.Ordinal) || request.PathAndQuery.Contains("/pulls", StringComparison.Ordinal))];

    /// <summary>What comes in place of the next answers: a status and headers.</summary>
    public ConcurrentQueue<(int Status, (string Name, string Value)[] Headers)> Refusals { get; } = new();

    /// <summary>How the address of the lists ends that are refused; all unless the test says so.</summary>
    public string RefusedList { get; set; } = "";

    /// <summary>Called before each page of a list is answered, with the path of the list and the number of the page.</summary>
    public Action<string, int>? BeforeList { get; set; }

    public static async Task<PolledGitHub> StartAsync() => new(await RecordingServer.StartAsync());

    public PolledRepository Repository(string name)
    {
        lock (_gate)
        {
            if (!_repositories.TryGetValue(name, out var repository))
            {
                _repositories[name] = repository = new PolledRepository(this, name, () => ++_id);
                _server.On($"GET /repos/{name}", context => AnswerAsync(context, new JsonObject()));
                _server.On($"GET /repos/{name}/issues", context => ListAsync(context, query => repository.Issues(query)));
                _server.On($"GET /repos/{name}/issues/comments", context => ListAsync(context, query => repository.Comments(query)));
            }

            return repository;
        }
    }

    /// <summary>From now on the list of issues is one empty page, and goes on there.</summary>
    public void Continue(string name, string next) => _server.On($"GET /repos/{name}/issues", 200, "[]", ("Link", $"<{next}>; rel=\"next\""));

    /// <summary>A repository that this token may not see.</summary>
    public void Hide(string name) => _server.On($"GET /repos/{name}", context => RefuseAsync(context, 404));

    /// <summary>A pull request that the list shows, and that cannot be read.</summary>
    public void HidePullRequest(string name, int number) => _server.On($"GET /repos/{name}/pulls/{number}", context => RefuseAsync(context, 404));

    /// <summary>Something between us and GitHub ends a connection in the middle of an answer, as often as this.</summary>
    public int Breaks { get; set; }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    internal string Stamp => Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>From now on a pull request can be asked for.</summary>
    internal void Serve(string path, Func<JsonObject> item) => _server.On($"GET {path}", context =>
    {
        lock (_gate)
        {
            return AnswerAsync(context, item());
        }
    });

    /// <summary>Changes something; nobody reads meanwhile.</summary>
    internal void Change(Action change)
    {
        lock (_gate)
        {
            change();
        }
    }

    private async Task ListAsync(HttpContext context, Func<IQueryCollection, IEnumerable<JsonObject>> list)
    {
        if (context.Request.Path.Value!.EndsWith(RefusedList, StringComparison.Ordinal) && Refusals.TryDequeue(out var refusal))
        {
            await RefuseAsync(context, refusal.Status, refusal.Headers);
            return;
        }

        if (Breaks > 0)
        {
            Breaks--;
            context.Abort();
            return;
        }

        var size = int.Parse(context.Request.Query["per_page"]!, CultureInfo.InvariantCulture);
        var number = int.TryParse(context.Request.Query["page"], out var asked) ? asked : 1;
        BeforeList?.Invoke(context.Request.Path.Value!, number);
        JsonArray page;
        lock (_gate)
        {
            var all = list(context.Request.Query).ToArray();
            page = [.. all.Skip((number - 1) * size).Take(size).Select(item => item.DeepClone())];
            if (number * size < all.Length)
            {
                var query = new QueryBuilder(context.Request.Query.Where(field => field.Key != "page").Select(field => KeyValuePair.Create(field.Key, field.Value.ToString()))) { { "page", $"{number + 1}" } };
                context.Response.Headers.Link = $"<{Address}{context.Request.Path}{query}>; rel=\"next\"";
            }
        }

        await AnswerAsync(context, page);
    }

    private Task RefuseAsync(HttpContext context, int status, params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Date = Now.ToString("R", CultureInfo.InvariantCulture);
        foreach (var (name, value) in headers)
        {
            context.Response.Headers.Append(name, value);
        }

        return context.Response.WriteAsync("""{"message":"No."}""");
    }

    private Task AnswerAsync(HttpContext context, JsonNode answer)
    {
        var text = answer.ToJsonString();
        var tag = $"W/\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]}\"";
        context.Response.Headers.ETag = tag;
        context.Response.Headers.Date = Now.ToString("R", CultureInfo.InvariantCulture);
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(text);
    }
}

/// <summary>One repository, and what people do in it.</summary>
internal sealed class PolledRepository(PolledGitHub github, string name, Func<int> nextId)
{
    private readonly List<JsonObject> _issues = [];
    private readonly List<JsonObject> _comments = [];
    private readonly Dictionary<int, JsonObject> _pullRequests = [];

    /// <summary>Opens an issue, and gives its number.</summary>
    public int OpenIssue(string title = "A title", params string[] labels) => Open(title, labels, isPullRequest: false);

    public int OpenPullRequest(string title = "A title", params string[] labels) => Open(title, labels, isPullRequest: true);

    public void Edit(int number) => Touch(number, _ => { });

    public void Label(int number, params string[] labels) => Touch(number, issue => issue["labels"] = Labels(labels));

    public void Reopen(int number) => Touch(number, issue => (issue["state"], issue["closed_at"]) = ("open", null));

    public void Close(int number, bool merged = false) => Touch(number, issue =>
    {
        (issue["state"], issue["closed_at"]) = ("closed", github.Stamp);
        if (merged && _pullRequests.TryGetValue(number, out var pullRequest))
        {
            (pullRequest["merged"], pullRequest["merge_commit_sha"]) = (true, $"sha{number}");
        }
    });

    /// <summary>Comments on an issue, and gives the comment's id.</summary>
    public int Comment(int number, string body = "A comment")
    {
        var id = 0;
        github.Change(() =>
        {
            id = nextId();
            _comments.Add(new JsonObject
            {
                ["id"] = id,
                ["body"] = body,
                ["user"] = new JsonObject { ["login"] = "ann" },
                ["html_url"] = $"https://github.example/{name}/issues/{number}#{id}",
                ["issue_url"] = $"https://api.github.example/repos/{name}/issues/{number}",
                ["created_at"] = github.Stamp,
                ["updated_at"] = github.Stamp,
            });
        });
        return id;
    }

    public void EditComment(int id) => github.Change(() => _comments.Single(comment => (int)comment["id"]! == id)["updated_at"] = github.Stamp);

    public int Count => _issues.Count;

    public bool IsOpen(int number) => (string)_issues[number - 1]["state"]! == "open";

    public bool IsPullRequest(int number) => _pullRequests.ContainsKey(number);

    public int IdOf(int number) => (int)_issues[number - 1]["id"]!;

    internal IEnumerable<JsonObject> Issues(IQueryCollection query) => (string?)query["sort"] == "created"
        ? _issues
            .Where(issue => query["state"] == "all" || (string)issue["state"]! == query["state"])
            .Where(issue => query["labels"].ToString().Split(',').All(label => label.Length == 0 || issue["labels"]!.AsArray().Any(one => (string)one!["name"]! == label)))
            .OrderBy(issue => (string)issue["created_at"]!, StringComparer.Ordinal)
        : Changed(_issues, query);

    internal IEnumerable<JsonObject> Comments(IQueryCollection query) => Changed(_comments, query);

    private static IEnumerable<JsonObject> Changed(List<JsonObject> items, IQueryCollection query)
    {
        Assert.Equal(("updated", "asc"), (query["sort"].ToString(), query["direction"].ToString()));
        return items.Where(item => string.CompareOrdinal((string)item["updated_at"]!, query["since"]) >= 0).OrderBy(item => (string)item["updated_at"]!, StringComparer.Ordinal);
    }

    private int Open(string title, string[] labels, bool isPullRequest)
    {
        var number = 0;
        github.Change(() =>
        {
            number = _issues.Count + 1;
            var issue = new JsonObject
            {
                ["id"] = nextId(),
                ["number"] = number,
                ["title"] = title,
                ["body"] = "A body",
                ["user"] = new JsonObject { ["login"] = "ann" },
                ["state"] = "open",
                ["labels"] = Labels(labels),
                ["html_url"] = $"https://github.example/{name}/issues/{number}",
                ["created_at"] = github.Stamp,
                ["updated_at"] = github.Stamp,
                ["closed_at"] = null,
            };
            if (isPullRequest)
            {
                issue["pull_request"] = new JsonObject { ["url"] = $"https://api.github.example/repos/{name}/pulls/{number}" };
                _pullRequests[number] = new JsonObject
                {
                    ["id"] = nextId(),
                    ["merged"] = false,
                    ["draft"] = false,
                    ["merge_commit_sha"] = null,
                    ["head"] = new JsonObject { ["ref"] = "topic" },
                    ["base"] = new JsonObject { ["ref"] = "main" },
                };
                github.Serve($"/repos/{name}/pulls/{number}", () => PullRequest(issue, _pullRequests[number]));
            }

            _issues.Add(issue);
            github.Serve($"/repos/{name}/issues/{number}", () => issue);
        });
        return number;
    }

    private void Touch(int number, Action<JsonObject> change) => github.Change(() =>
    {
        var issue = _issues[number - 1];
        change(issue);
        issue["updated_at"] = github.Stamp;
    });

    private static JsonObject PullRequest(JsonObject issue, JsonObject own)
    {
        var whole = issue.DeepClone().AsObject();
        whole.Remove("pull_request");
        foreach (var (field, value) in own)
        {
            whole[field] = value?.DeepClone();
        }

        return whole;
    }

    private static JsonArray Labels(string[] labels) => [.. labels.Select(label => new JsonObject { ["name"] = label })];
}
