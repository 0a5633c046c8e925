using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub;

/// <summary>The issues of one repository at GitHub: they take labels and comments, and list their comments. A comment can be held on its way.</summary>
internal sealed class ScriptedIssues(RecordingServer server, string repository)
{
    private readonly ConcurrentDictionary<int, ScriptedIssue> _issues = new();

    /// <summary>The requests so far that change something.</summary>
    public int Changes => _issues.Values.Sum(issue => issue.Changes);

    public ScriptedIssue this[int number] => _issues[number];

    /// <summary>From now on there is this issue.</summary>
    public ScriptedIssue Add(int number)
    {
        var issue = _issues[number] = new ScriptedIssue();
        var path = $"/repos/{repository}/issues/{number}";
        server.On($"POST {path}/labels", async context =>
        {
            issue.Label(BodyOf(server, context)["labels"]!.AsArray().Select(label => (string)label!));
            await context.Response.WriteAsync(JsonSerializer.Serialize(issue.Labels.Select(name => new { name })));
        });
        server.On($"POST {path}/comments", context => issue.CommentAsync(context, (string)BodyOf(server, context)["body"]!));
        server.On($"GET {path}/comments", context => context.Response.WriteAsync($"[{string.Join(',', issue.Comments.Select((body, index) => Samples.Comment(index + 1, body)))}]"));
        return issue;
    }

    private static JsonNode BodyOf(RecordingServer server, HttpContext context) =>
        JsonNode.Parse(server.Requests.Last(request => request.Method == "POST" && request.PathAndQuery == context.Request.Path).Body)!;
}

/// <summary>One issue as GitHub has it.</summary>
internal sealed class ScriptedIssue
{
    private readonly ConcurrentDictionary<string, bool> _labels = new();
    private readonly ConcurrentQueue<string> _comments = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _hold;
    private int _changes;

    public IReadOnlyCollection<string> Labels => [.. _labels.Keys];

    public IReadOnlyCollection<string> Comments => _comments;

    /// <summary>How often it was to be changed.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>Completed when a comment is held.</summary>
    public Task Held => _held.Task;

    /// <summary>Holds the next comment on its way.</summary>
    public void HoldNext(Hold hold) => Volatile.Write(ref _hold, (int)hold);

    /// <summary>Lets the held one go on.</summary>
    public void Release() => _released.TrySetResult();

    public void Label(IEnumerable<string> labels)
    {
        Interlocked.Increment(ref _changes);
        foreach (var label in labels)
        {
            _labels[label] = true;
        }
    }

    public async Task CommentAsync(HttpContext context, string body)
    {
        Interlocked.Increment(ref _changes);
        var hold = (Hold)Interlocked.Exchange(ref _hold, (int)Hold.No);
        if (hold is Hold.AfterKept or Hold.No)
        {
            _comments.Enqueue(body);
        }

        if (hold is not Hold.No)
        {
            _held.TrySetResult();
            await _released.Task;
        }

        if (hold is Hold.BeforeKept)
        {
            _comments.Enqueue(body);
        }

        if (hold is not Hold.Lost)
        {
            context.Response.StatusCode = 201;
            await context.Response.WriteAsync(Samples.Comment(_comments.Count, body));
        }
    }
}

/// <summary>Where a comment is held.</summary>
internal enum Hold
{
    No,

    /// <summary>It is kept, and not answered.</summary>
    AfterKept,

    /// <summary>It is kept when it is released, however long ago the asker is gone.</summary>
    BeforeKept,

    /// <summary>It is never kept.</summary>
    Lost,
}
