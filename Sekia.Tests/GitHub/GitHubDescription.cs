using System.Diagnostics;
using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub;

/// <summary>
/// A server made from GitHub's own description of its API: it refuses what the description does not allow, and answers with the
/// description's examples. One for all tests of a class.
/// </summary>
public sealed class GitHubDescription : IAsyncLifetime, IDisposable
{
    private const string Listening = "Prism is listening on ";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>The whole description takes the server minutes to read.</summary>
    private static readonly string[] s_paths =
    [
        "/repos/{owner}/{repo}",
        "/repos/{owner}/{repo}/hooks",
        "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries",
        "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts",
        "/repos/{owner}/{repo}/issues",
        "/repos/{owner}/{repo}/issues/comments",
        "/repos/{owner}/{repo}/issues/{issue_number}",
        "/repos/{owner}/{repo}/issues/{issue_number}/labels",
        "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}",
        "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
        "/repos/{owner}/{repo}/issues/{issue_number}/comments",
        "/repos/{owner}/{repo}/pulls",
        "/repos/{owner}/{repo}/pulls/{pull_number}",
        "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
        "/repos/{owner}/{repo}/pulls/{pull_number}/merge",
        "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
        "/search/issues",
        "/user",
    ];

    private readonly TemporaryFolder _folder = new();
    private Process? _server;

    /// <summary>Without a slash at the end.</summary>
    public string Address { get; private set; } = "";

    public async Task InitializeAsync()
    {
        _folder.Write("github.json", Cut(NodeProgram.File("node_modules/@octokit/openapi/generated/api.github.com.json")));
        _server = NodeProgram.Start("node_modules/@stoplight/prism-cli/dist/index.js", "mock", "--errors", "-h", "127.0.0.1", "-p", "0", _folder.File("github.json"));

        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new System.Collections.Concurrent.ConcurrentQueue<string>();
        DataReceivedEventHandler read = (_, line) =>
        {
            output.Enqueue(line.Data ?? "");
            if (line.Data is null)
            {
                listening.TrySetException(new InvalidOperationException($"The server of GitHub's description ended: {string.Join('\n', output)}"));
            }
            else if (line.Data.Split(Listening) is [_, var address])
            {
                listening.TrySetResult(address.Trim());
            }
        };
        _server.OutputDataReceived += read;
        _server.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        Address = await listening.Task.WaitAsync(s_limit);
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Kill(entireProcessTree: true);
            await _server.WaitForExitAsync();
        }
    }

    public void Dispose()
    {
        _server?.Dispose();
        _folder.Dispose();
    }

    /// <summary>The description of these paths and of all that they refer to.</summary>
    private static string Cut(string file)
    {
        using var stream = File.OpenRead(file);
        var whole = JsonNode.Parse(stream)!.AsObject();
        var cut = new JsonObject
        {
            ["openapi"] = whole["openapi"]!.DeepClone(),
            ["info"] = whole["info"]!.DeepClone(),
            ["servers"] = whole["servers"]!.DeepClone(),
            ["paths"] = new JsonObject(s_paths.Select(path => KeyValuePair.Create(path, (JsonNode?)whole["paths"]![path]!.DeepClone()))),
            ["components"] = new JsonObject(),
        };
        var waiting = new Queue<string>(ReferencesIn(cut["paths"]));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (waiting.TryDequeue(out var reference))
        {
            if (seen.Add(reference) && reference.Split('/') is [_, _, var kind, var name])
            {
                var component = whole["components"]![kind]![name]!.DeepClone();
                (cut["components"]![kind] ??= new JsonObject())[name] = component;
                foreach (var next in ReferencesIn(component))
                {
                    waiting.Enqueue(next);
                }
            }
        }

        foreach (var answer in cut["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .SelectMany(operation => operation.Value!["responses"]!.AsObject())
            .Concat(cut["components"]!["responses"]?.AsObject() ?? []))
        {
            MakeAnswerable(answer.Value!);
        }

        MakeCheckable(cut);
        return cut.ToJsonString();
    }

    /// <summary>
    /// GitHub recommends asking for its own media type and describes its answers as plain JSON; and not all of its examples fit its schemas,
    /// which are not what is tested here.
    /// </summary>
    private static void MakeAnswerable(JsonNode answer)
    {
        // Its next page would be at the real GitHub.
        answer["headers"]?.AsObject().Remove("Link");
        if (answer["content"]?["application/json"] is JsonObject content)
        {
            if (content.ContainsKey("examples"))
            {
                content.Remove("schema");
            }

            answer["content"]!["application/vnd.github+json"] = content.DeepClone();
        }
    }

    /// <summary>The server checks nothing at all where a schema is nullable and has no type of its own.</summary>
    private static void MakeCheckable(JsonNode? node)
    {
        if (node is JsonObject schema && schema["nullable"] is JsonValue && !schema.ContainsKey("type"))
        {
            schema.Remove("nullable");
        }

        foreach (var inner in node switch { JsonObject map => map.Select(field => field.Value), JsonArray list => list, _ => [] })
        {
            MakeCheckable(inner);
        }
    }

    private static IEnumerable<string> ReferencesIn(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(field => field is { Key: "$ref", Value: JsonValue value } && value.TryGetValue<string>(out var reference)
            ? [reference]
            : ReferencesIn(field.Value)),
        JsonArray list => list.SelectMany(ReferencesIn),
        _ => [],
    };
}
