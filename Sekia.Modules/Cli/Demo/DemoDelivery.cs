namespace Sekia.Modules.Cli.Demo;

/// <summary>
/// A delivery as GitHub would send it, of a repository that does not exist. What it tells of has no id: it would be the same fact the next
/// time, and recorded no more.
/// </summary>
/// <param name="Title">What happened, for people.</param>
/// <param name="Event">The header <c>X-GitHub-Event</c>.</param>
/// <param name="Body">In GitHub's shape, reduced to what is read.</param>
internal sealed record DemoDelivery(string Title, string Event, string Body)
{
    private const string Repository = """
        "repository": { "id": 1, "name": "hello", "full_name": "sekia-demo/hello", "private": false, "owner": { "login": "sekia-demo" } },
        "sender": { "login": "sekia-demo" }
        """;

    public static IReadOnlyList<DemoDelivery> All { get; } =
    [
        new("An issue is opened", "issues", $$"""
            {
              "action": "opened",
              "issue": {
                "number": 42, "title": "Bug: the greeting is in the wrong language", "body": "Expected hello, got bonjour.",
                "user": { "login": "sekia-demo" }, "html_url": "https://github.com/sekia-demo/hello/issues/42", "labels": [], "state": "open"
              },
              {{Repository}}
            }
            """),
        new("A pull request is opened", "pull_request", $$"""
            {
              "action": "opened",
              "number": 43,
              "pull_request": {
                "number": 43, "title": "Greet in the reader's language", "body": "Fixes #42", "user": { "login": "sekia-demo" }, "state": "open",
                "html_url": "https://github.com/sekia-demo/hello/pull/43", "merged": false, "draft": false,
                "head": { "ref": "language", "sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e" }, "base": { "ref": "main" }
              },
              {{Repository}}
            }
            """),
        new("Somebody pushes", "push", $$"""
            {
              "ref": "refs/heads/main", "before": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "after": "d03b1a1e4f6a6d4c8f3a6f7d0e6f1f0c4f6b8a2e",
              "commits": [ { "id": "d03b1a1e4f6a6d4c8f3a6f7d0e6f1f0c4f6b8a2e", "message": "Greet in the reader's language" } ],
              "head_commit": { "id": "d03b1a1e4f6a6d4c8f3a6f7d0e6f1f0c4f6b8a2e", "message": "Greet in the reader's language" },
              "pusher": { "name": "sekia-demo" },
              {{Repository}}
            }
            """),
        new("Somebody comments", "issue_comment", $$"""
            {
              "action": "created",
              "issue": { "number": 42, "title": "Bug: the greeting is in the wrong language", "user": { "login": "sekia-demo" }, "labels": [] },
              "comment": {
                "body": "Thank you, it says hello now.", "user": { "login": "sekia-demo" },
                "html_url": "https://github.com/sekia-demo/hello/issues/42#issuecomment-4242"
              },
              {{Repository}}
            }
            """),
    ];
}
