using Sekia.Modules.Bus;
using Sekia.Modules.GitHub.Deliveries;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub.Polling;

/// <summary>What is read of repositories: each fact once, whatever happens between two looks, two pages or two requests.</summary>
public sealed class PollingTests : IAsyncLifetime
{
    private PolledGitHub _github = null!;

    public async Task InitializeAsync() => _github = await PolledGitHub.StartAsync();

    public async Task DisposeAsync() => await _github.DisposeAsync();

    [Fact]
    public async Task What_happens_to_issues_is_told_once_each()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"]);
        await host.LookAsync();

        var first = repository.OpenIssue();
        Assert.Equal(["issue.opened 1"], await host.SettleAsync());
        repository.Edit(first);
        Assert.Equal(["issue.updated 1"], (await host.SettleAsync())[1..]);
        repository.Close(first);
        Assert.Equal(["issue.closed 1"], (await host.SettleAsync())[2..]);
        repository.Edit(first);
        Assert.Equal(["issue.updated 1"], (await host.SettleAsync())[3..]);
        repository.Reopen(first);
        Assert.Equal(["issue.updated 1"], (await host.SettleAsync())[4..]);
        repository.Close(first);
        Assert.Equal(["issue.closed 1"], (await host.SettleAsync())[5..]);
        var second = repository.OpenIssue();
        repository.Close(second);
        Assert.Equal(["issue.opened 2", "issue.closed 2"], (await host.SettleAsync())[6..]);
    }

    [Fact]
    public async Task Pull_requests_are_opened_merged_and_closed_with_their_branches()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"]);
        await host.LookAsync();

        var (merged, closed) = (repository.OpenPullRequest("One"), repository.OpenPullRequest("Two"));
        await host.SettleAsync();
        repository.Close(merged, merged: true);
        repository.Close(closed);

        Assert.Equal(["pr.opened 1", "pr.opened 2", "pr.merged 1", "pr.closed 2"], await host.SettleAsync());
        Assert.Equal(
            """{"owner":"o","repo":"r","number":1,"title":"One","body":"A body","author":"ann","head_branch":"topic","base_branch":"main","url":"https://github.example/o/r/issues/1","merge_commit":"sha1","polled":true}""",
            PollingHost.Payload(host.Events[2]).ToJsonString());
    }

    [Fact]
    public async Task A_comment_is_told_once_with_its_issue_and_not_again_when_it_is_edited()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"]);
        await host.LookAsync();

        var issue = repository.OpenIssue();
        var comment = repository.Comment(issue, "Hello");
        await host.SettleAsync();
        repository.EditComment(comment);
        await host.SettleAsync();

        var told = Assert.Single(host.Events, evt => evt.Type == "github.comment.created");
        Assert.Equal(
            $$"""{"owner":"o","repo":"r","issue_number":1,"comment_id":"{{comment}}","body":"Hello","author":"ann","url":"https://github.example/o/r/issues/1#{{comment}}","polled":true}""",
            PollingHost.Payload(told).ToJsonString());
    }

    [Fact]
    public async Task The_first_look_goes_five_minutes_back_by_GitHubs_clock_and_no_further()
    {
        // Hours away from ours.
        _github.Now = new DateTimeOffset(2026, 3, 1, 7, 0, 0, TimeSpan.Zero);
        var repository = _github.Repository("o/r");
        repository.OpenIssue("Long ago");
        _github.Now += TimeSpan.FromMinutes(57);
        repository.OpenIssue("Just now");
        _github.Now += TimeSpan.FromMinutes(3);

        await using var host = PollingHost.Start(_github, ["o/r"]);

        Assert.Equal(["issue.opened 2"], await host.SettleAsync());
    }

    [Fact]
    public async Task More_than_a_page_in_one_second_and_more_than_a_tick_takes_is_told_once_each()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:PerTick", "70"));
        await host.LookAsync();

        for (var i = 0; i < 330; i++)
        {
            repository.OpenIssue();
        }

        Assert.Equal(Enumerable.Range(1, 330).Select(number => $"issue.opened {number}"), await host.SettleAsync());
    }

    [Fact]
    public async Task What_changes_between_two_pages_is_neither_lost_nor_told_twice()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:PerTick", "1000"));
        await host.LookAsync();
        for (var i = 0; i < 450; i++)
        {
            repository.OpenIssue();
            _github.Now += TimeSpan.FromSeconds(i % 3);
        }

        // Before every page an item of the page before, and one of a page to come, go to the end.
        var page = 0;
        _github.BeforeList = (_, _) =>
        {
            var at = 60 * page++;
            if (at + 180 < 450)
            {
                _github.Now += TimeSpan.FromSeconds(1);
                repository.Edit(at + 1);
                repository.Edit(at + 180);
            }
        };
        var told = await host.SettleAsync();

        Assert.Equal(Enumerable.Range(1, 450).Select(number => $"issue.opened {number}").Order(), told.Where(one => one.StartsWith("issue.opened", StringComparison.Ordinal)).Order());
        Assert.Equal(told.Length, told.Distinct().Count());
    }

    [Fact]
    public async Task A_change_of_what_has_been_told_of_is_not_lost_while_more_is_waiting()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:PerTick", "2"));
        await host.SettleAsync();
        for (var i = 0; i < 5; i++)
        {
            repository.OpenIssue();
        }

        // After both have been told of, and before the list has been read to its end.
        var looks = 0;
        _github.BeforeList = (path, _) =>
        {
            if (path.EndsWith("/issues", StringComparison.Ordinal) && looks++ == 1)
            {
                _github.Now += TimeSpan.FromSeconds(1);
                repository.Edit(1);
                repository.Close(2);
            }
        };

        Assert.Equal(
            ["issue.closed 2", "issue.opened 1", "issue.opened 2", "issue.opened 3", "issue.opened 4", "issue.opened 5", "issue.updated 1"],
            (await host.SettleAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_repository_that_cannot_be_read_is_named_and_holds_up_no_other()
    {
        var repository = _github.Repository("o/good");
        _github.Hide("o/gone");
        await using var host = PollingHost.Start(_github, ["o/gone", "o/good"]);
        await host.LookAsync();

        repository.OpenIssue();

        Assert.Equal(["issue.opened 1"], await host.SettleAsync());
        Assert.Contains("o/gone: GitHub answered 404", host.Agent.DegradedBecause, StringComparison.Ordinal);
        Assert.Contains("The rest is read", host.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, "X-RateLimit-Remaining", "0", "/issues")]
    [InlineData(403, "Retry-After", "600", "/issues")]
    [InlineData(429, "Retry-After", "600", "/issues")]
    [InlineData(403, "X-RateLimit-Remaining", "0", "/comments")]
    [InlineData(429, "Retry-After", "600", "/comments")]
    public async Task When_GitHub_asks_to_wait_nothing_is_asked_meanwhile(int status, string header, string value, string list)
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"]);
        await host.SettleAsync();
        repository.OpenIssue();
        _github.RefusedList = list;
        var reset = (_github.Now + TimeSpan.FromSeconds(600)).ToUnixTimeSeconds();
        _github.Refusals.Enqueue((status, [(header, value), ("X-RateLimit-Limit", "5000"), ("X-RateLimit-Reset", $"{reset}")]));

        await Eventually.HoldsAsync(() =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            return _github.Refusals.IsEmpty && host.Agent.DegradedBecause is not null;
        });
        var asked = _github.Requests.Count;
        host.Clock.Advance(TimeSpan.FromSeconds(500));
        Assert.Equal(asked, _github.Requests.Count);

        Assert.Equal(["issue.opened 1"], await host.SettleAsync());
        Assert.Null(host.Agent.DegradedBecause);
    }

    [Fact]
    public async Task What_was_read_counts_when_the_next_repository_cannot_be_asked()
    {
        var (first, second) = (_github.Repository("o/a"), _github.Repository("o/b"));
        await using var host = PollingHost.Start(_github, ["o/a", "o/b"]);
        await host.SettleAsync(listsPerLook: 2);
        first.OpenIssue();
        second.OpenIssue();

        // The list of o/a has been answered then, and that of o/b is not.
        _github.BeforeList = (path, _) =>
        {
            if (path.EndsWith("/o/a/issues", StringComparison.Ordinal))
            {
                _github.BeforeList = null;
                _github.Breaks = 2;
            }
        };

        Assert.Equal(["issue.opened 1", "issue.opened 1"], await host.SettleAsync(listsPerLook: 2));
    }

    [Fact]
    public async Task Opened_and_closed_within_a_second_with_a_look_between_is_told_as_both()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"]);
        await host.SettleAsync();
        var now = _github.Now;
        var number = repository.OpenIssue();
        Assert.Equal(["issue.opened 1"], await host.SettleAsync());

        _github.Now = now;
        repository.Close(number);

        Assert.Equal(["issue.opened 1", "issue.closed 1"], (await host.SettleAsync())[..2]);
    }

    [Fact]
    public async Task A_server_that_breaks_now_and_then_loses_nothing()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:PerTick", "20"));
        await host.LookAsync();

        for (var i = 1; i <= 60; i++)
        {
            repository.OpenIssue();
            repository.Comment(i);
            if (i % 7 == 0)
            {
                _github.Refusals.Enqueue((i % 2 == 0 ? 502 : 500, []));
            }
        }

        var told = await host.SettleAsync();
        Assert.Equal(60, told.Count(one => one.StartsWith("issue.opened", StringComparison.Ordinal)));
        Assert.Equal(60, told.Count(one => one.StartsWith("comment.created", StringComparison.Ordinal)));
        Assert.Equal(120, told.Distinct().Count());
    }

    [Fact]
    public async Task What_has_not_changed_is_asked_for_by_its_tag_only()
    {
        _github.Repository("o/r").OpenIssue();
        await using var host = PollingHost.Start(_github, ["o/r"]);
        await host.SettleAsync();
        var asked = _github.Requests.Count;

        await host.SettleAsync();

        Assert.All(_github.Requests.Skip(asked), request => Assert.StartsWith("W/", request.Headers["If-None-Match"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_read_and_not_recorded_is_read_again()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"]);
        await host.SettleAsync();
        repository.OpenIssue();
        var cursor = host.Cursor;

        // As the supervisor does when the journal did not take the first.
        var first = await host.Agent.Agent.ReadAsync(cursor, CancellationToken.None);
        var second = await host.Agent.Agent.ReadAsync(cursor, CancellationToken.None);

        Assert.Equal(["github.issue.opened"], first!.Events.Select(evt => evt.Type));
        Assert.Equal(["github.issue.opened"], second!.Events.Select(evt => evt.Type));
    }

    [Fact]
    public async Task A_fact_that_a_webhook_told_of_is_not_told_again()
    {
        var repository = _github.Repository("o/r");
        await using var host = PollingHost.Start(_github, ["o/r"]);
        await host.LookAsync();
        var number = repository.OpenIssue();
        var id = repository.IdOf(number);
        var told = await host.Bus.PublishAsync(
            new Event { Subject = "sekia.events.github", Type = "github.issue.opened", Source = "github", Key = $"issue:{id}:opened", Payload = """{"number":1}"""u8.ToArray() },
            CancellationToken.None);

        await host.SettleAsync();

        Assert.Equal(told.Id, Assert.Single(host.Events).Id);
    }

    [Fact]
    public async Task A_label_mode_tells_of_each_match_when_it_begins()
    {
        var repository = _github.Repository("o/r");
        var (bug, other, closed) = (repository.OpenIssue("Bug", "bug"), repository.OpenIssue("Other", "question"), repository.OpenIssue("Closed", "bug"));
        repository.OpenPullRequest("Not an issue", "bug");
        repository.Close(closed);
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:Labels", "bug,urgent"));

        Assert.Equal(["issue.matched 1"], await host.SettleAsync(listsPerLook: 2));
        Assert.Equal(("open", true), ((string)PollingHost.Payload(host.Events[0])["state"]!, (bool)PollingHost.Payload(host.Events[0])["polled"]!));
        repository.Label(other, "urgent");
        repository.Edit(bug);
        Assert.Equal(["issue.matched 2"], (await host.SettleAsync(listsPerLook: 2))[1..]);
        repository.Label(bug);
        await host.SettleAsync(listsPerLook: 2);
        repository.Label(bug, "bug");
        Assert.Equal(["issue.matched 1"], (await host.SettleAsync(listsPerLook: 2))[2..]);
    }

    [Fact]
    public async Task A_match_that_moves_to_a_page_that_was_read_is_not_told_of_again()
    {
        var repository = _github.Repository("o/r");
        for (var i = 0; i < 150; i++)
        {
            repository.OpenIssue("Bug", "bug");
        }

        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:Labels", "bug"), ("GitHub:Poll:PerTick", "1000"));
        Assert.Equal(150, (await host.SettleAsync()).Length);

        var moved = false;
        _github.BeforeList = (_, page) =>
        {
            if (page == 2 && !moved)
            {
                moved = true;
                _github.Now += TimeSpan.FromSeconds(1);
                repository.Close(1);
                repository.Edit(101);
            }
        };
        var told = await host.SettleAsync();

        Assert.True(moved);
        Assert.Equal(150, told.Length);

        // The one that went away can begin again.
        repository.Reopen(1);
        Assert.Equal(["issue.matched 1"], (await host.SettleAsync())[150..]);
    }

    [Fact]
    public async Task Matches_that_a_limit_cuts_off_are_told_of_once_each_when_it_is_over()
    {
        var repository = _github.Repository("o/r");
        for (var i = 0; i < 250; i++)
        {
            repository.OpenIssue("Bug", "bug");
        }

        // After the first page.
        _github.BeforeList = (_, _) =>
        {
            _github.BeforeList = null;
            _github.Refusals.Enqueue((429, [("Retry-After", "600")]));
        };
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:Labels", "bug"), ("GitHub:Poll:PerTick", "1000"));

        Assert.Equal(Enumerable.Range(1, 250).Select(number => $"issue.matched {number}"), await host.SettleAsync());
        Assert.Null(host.Agent.DegradedBecause);
    }

    [Fact]
    public async Task A_list_that_goes_on_at_another_host_is_named()
    {
        _github.Repository("o/r");
        _github.Continue("o/r", "https://elsewhere.example/repos/o/r/issues?page=2");
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:Labels", "bug"));

        await Eventually.HoldsAsync(() => host.Agent.DegradedBecause is not null);
        Assert.Contains("https://elsewhere.example", host.Agent.DegradedBecause, StringComparison.Ordinal);
        Assert.Contains(_github.Address, host.Agent.DegradedBecause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_matches_are_seen_however_many_there_are()
    {
        var repository = _github.Repository("o/r");
        for (var i = 0; i < 5_101; i++)
        {
            repository.OpenIssue("Bug", "bug");
        }

        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:Labels", "bug"), ("GitHub:Poll:PerTick", "1000"));

        await Eventually.HoldsAsync(() =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(10));
            return host.Agent.Events == 5_101;
        });
        Assert.Equal(5_101, host.Told.Distinct().Count());
    }

    [Fact]
    public async Task A_match_that_is_not_there_is_named_and_holds_up_no_other()
    {
        var repository = _github.Repository("o/r");
        foreach (var _ in Enumerable.Range(1, 3))
        {
            repository.OpenPullRequest("One", "ready");
        }

        _github.HidePullRequest("o/r", 2);
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:Labels", "ready"), ("GitHub:Poll:MatchPrs", "true"));

        Assert.Equal(["pr.matched 1", "pr.matched 3"], await host.SettleAsync());
        Assert.Contains("o/r: GitHub answered 404", host.Agent.DegradedBecause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_requests_match_with_all_labels()
    {
        var repository = _github.Repository("o/r");
        repository.OpenPullRequest("One label", "ready");
        repository.OpenPullRequest("Both labels", "ready", "small");
        repository.OpenIssue("An issue", "ready", "small");
        await using var host = PollingHost.Start(_github, ["o/r"], ("GitHub:Poll:Labels", "ready,small"), ("GitHub:Poll:MatchPrs", "true"));

        Assert.Equal(["pr.matched 2"], await host.SettleAsync());
        var payload = PollingHost.Payload(host.Events[0]);
        Assert.Equal(("open", false, "topic"), ((string)payload["state"]!, (bool)payload["draft"]!, (string)payload["head_branch"]!));
        Assert.Equal(["ready", "small"], payload["labels"]!.AsArray().Select(label => (string)label!));
    }

    [Fact]
    public async Task A_rate_that_leaves_too_little_is_warned_of_once()
    {
        foreach (var i in Enumerable.Range(1, 40))
        {
            _github.Repository($"o/r{i}");
        }

        await using var host = PollingHost.Start(_github, [.. Enumerable.Range(1, 40).Select(i => $"o/r{i}")], ("GitHub:Poll:Interval", "00:00:10"));
        await host.SettleAsync(listsPerLook: 40);

        Assert.Equal(2, host.Log.Split("would ask GitHub 28800 times an hour").Length);
    }
}
