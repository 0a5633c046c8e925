using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>The commands that ask a running host: the real program asks the real program.</summary>
public sealed partial class RemoteCommandTests : IAsyncLifetime, IDisposable
{
    private const string Workflow = """
        sekia.on("sekia.events.cli", function(event)
          if event.type == "bad" then error("as told") end
          if event.type == "odd" then sekia.command("nobody", "say", {}) end
          sekia.publish("sekia.events.out", "out.made", {})
        end)
        """;

    /// <summary>In the explanation of an event that is not through.</summary>
    private const string Waiting = "\"waiting\"";

    private readonly TemporaryFolder _folder = new();
    private RunningSekia _sekia = null!;
    private string _url = "";

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_folder.File("workflows"));
        await File.WriteAllTextAsync(_folder.File("workflows/flow.lua"), Workflow);
        _sekia = await RunningSekia.StartAsync(_folder);
        _url = _sekia.Client.BaseAddress!.ToString();
    }

    [Fact]
    public async Task Status_and_agents_are_shown_as_lines_tables_and_json()
    {
        var status = await RunAsync("status");
        Assert.Matches(@"^Status:       ok\nVersion:      [^\n]+\nUptime:       [^\n]+\nStarted At:   [^\n]+\nAgents:       3\nEvents:       0\n$", status);
        Assert.Equal(3, (int)JsonNode.Parse(await RunAsync("status", "--json"))!["agent_count"]!);

        await Eventually.GetAsync(
            async () => (await _sekia.GetAsync("/api/v1/agents"))["agents"]!.AsArray().All(agent => agent!["last_heartbeat"] is not null) ? "" : null,
            () => "the first heartbeat of each agent");
        Assert.Equal(
            """
            NAME  VERSION  STATUS  DRY RUN  EVENTS  ERRORS  LAST HEARTBEAT
            github-agent  V  alive  yes  0  0  T
            http-agent  V  alive  no  0  0  T
            webhook-agent  V  alive  no  0  0  T

            """,
            Masked(await RunAsync("agents")));
    }

    [Fact]
    public async Task Workflows_are_listed_shown_and_reloaded()
    {
        Assert.Equal(
            """
            NAME  STATE  HANDLERS  PATTERNS  EVENTS  ERRORS  WAITING  LOADED AT
            flow  running  1  sekia.events.cli  0  0  0  T

            """,
            Masked(await RunAsync("workflows")));
        Assert.Equal(await RunAsync("workflows"), await RunAsync("workflows", "list"));
        Assert.Contains("name:          flow\n", await RunAsync("workflows", "show", "flow"), StringComparison.Ordinal);

        await File.WriteAllTextAsync(_folder.File("workflows/broken.lua"), "this is not Lua");
        Assert.Equal("Workflows reloaded successfully\n", await RunAsync("workflows", "reload"));
        Assert.Matches(@"broken (is not loaded|was changed and does not load).*: .*broken\.lua:1: ", await RunAsync("workflows"));

        Assert.Equal("flow: disabled, 0 event(s) waiting\n", await RunAsync("workflows", "disable", "flow"));
        Assert.Equal("flow: running, 0 event(s) waiting\n", await RunAsync("workflows", "enable", "flow"));
        Assert.Equal(1, (await AskAsync("workflows", "disable", "nothing")).ExitCode);
        var (code, _, error) = await AskAsync("workflows", "show", "nothing");
        Assert.Equal((1, "No workflow is called 'nothing'."), (code, error[..(error.IndexOf('.', StringComparison.Ordinal) + 1)]));
    }

    [Fact]
    public async Task An_event_is_published_listed_and_explained()
    {
        var id = (await RunAsync("events", "publish", "good", """{"a":1}""")).TrimEnd();
        Assert.StartsWith("evt_", id, StringComparison.Ordinal);
        await WhenSettledAsync($"events/{id}/why", Waiting);

        Assert.Equal(
            """
            NUMBER  TIME  TYPE  SOURCE  ID
            1  T  good  cli  ID

            """,
            Masked(await RunAsync("events", "list", "--type", "good")));
        Assert.Equal("No events.\n", await RunAsync("events", "list", "--type", "other"));
        Assert.Equal("More with --after 1.\n", (await RunAsync("events", "list", "--limit", "1")).Split('\n')[2] + "\n");

        var why = await RunAsync("why", id);
        Assert.Matches(@"^good, evt_\S+, [^\n]+, from cli\n  → workflow flow: ok in [0-9.]+ ms\n      → event out\.made \(evt_\S+\)\n", why);
        Assert.Equal(why, await RunAsync("events", "show", id));
        Assert.Equal(id, (string)JsonNode.Parse(await RunAsync("why", id, "--json"))!["event"]!["id"]!);

        var (code, _, error) = await AskAsync("why", "evt_nothing");
        Assert.Equal(1, code);
        Assert.Contains("evt_nothing", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    public async Task A_payload_that_is_no_object_is_refused_before_it_is_sent(string payload)
    {
        var (code, output, error) = await AskAsync("events", "publish", "good", payload);

        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("The payload must be a JSON object, for example '{\"number\":1}': it ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_that_are_the_same_are_all_taken()
    {
        var (code, _, error) = await AskAsync("events", "publish", "x", "x");
        Assert.Equal(1, code);
        Assert.StartsWith("The payload must be a JSON object", error, StringComparison.Ordinal);

        await RunAsync("events", "publish", "same", "--source", "same", "--key", "same");
        Assert.Contains("same", await RunAsync("events", "list", "--type", "same", "--limit", "1", "--after", "0"), StringComparison.Ordinal);
        Assert.Contains("'why'", (await AskAsync("why", "why")).Error, StringComparison.Ordinal);
        Assert.Contains("--source is there 2 times", (await AskAsync("events", "publish", "x", "--source", "a", "--source", "b")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_as_long_as_it_can_be_is_explained_to_its_end()
    {
        await File.WriteAllTextAsync(_folder.File("workflows/echo.lua"), """
            sekia.on("sekia.events.echo", function(event) sekia.publish("sekia.events.back", "echo.back", {}) end)
            """);
        await File.WriteAllTextAsync(_folder.File("workflows/back.lua"), """
            sekia.on("sekia.events.back", function(event) sekia.publish("sekia.events.echo", "echo.forth", {}) end)
            """);
        await RunAsync("workflows", "reload");
        var id = (await RunAsync("events", "publish", "begin", "--source", "echo")).TrimEnd();
        await Eventually.GetAsync(async () => await RunAsync("failures", "list") is var list && list.Contains("16th consequence", StringComparison.Ordinal) ? list : null, () => "the end of the chain");

        Assert.Contains("16th consequence", await RunAsync("why", id), StringComparison.Ordinal);
        Assert.Contains("16th consequence", await RunAsync("why", id, "--json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_is_replaced_before_it_can_break_a_reader()
    {
        var id = (await RunAsync("events", "publish", "cut", """{"text":"cut \ud83d"}""")).TrimEnd();
        using var body = new StringContent("""{"text":"cut \ud83d"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await _sekia.Client.PostAsync(new Uri("/webhooks/cut", UriKind.Relative), body);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
        await WhenSettledAsync($"events/{id}/why", Waiting);

        Assert.Contains("cut \uFFFD", (string)JsonNode.Parse(await RunAsync("why", id, "--json"))!["event"]!["payload"]!["text"]!, StringComparison.Ordinal);
        Assert.Equal(2, JsonNode.Parse(await RunAsync("events", "list", "--json", "--limit", "2"))!["events"]!.AsArray().Count);
    }

    [Fact]
    public async Task Settings_that_are_refused_are_told_to_whoever_had_them_read()
    {
        Assert.StartsWith("Config reload requested (all). The settings were read again", await RunAsync("config", "reload"), StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder.File("appsettings.json"), """{ "Http": { "MaxAttempts": 0 } }""");

        foreach (var format in (string[][])[[], ["--json"]])
        {
            var (code, output, error) = await AskAsync(["config", "reload", .. format]);
            Assert.Equal((1, ""), (code, output));
            Assert.Contains("Http:MaxAttempts", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Status_tells_what_waits_for_somebody_until_it_is_decided()
    {
        await WhenSettledAsync($"events/{(await RunAsync("events", "publish", "bad")).TrimEnd()}/why", Waiting);
        await WhenSettledAsync($"events/{(await RunAsync("events", "publish", "odd")).TrimEnd()}/why", Waiting);
        await File.WriteAllTextAsync(_folder.File("workflows/broken.lua"), "this is not Lua");
        await RunAsync("workflows", "reload");
        await RunAsync("workflows", "disable", "flow");

        var status = await RunAsync("status");
        Assert.Contains("1 run failed: `sekia failures list`", status, StringComparison.Ordinal);
        Assert.Contains("1 command for an agent that does not exist: `sekia commands list --status pending`", status, StringComparison.Ordinal);
        Assert.Contains("It waits, for there is no agent 'nobody'; ", await RunAsync("commands", "list", "--status", "pending"), StringComparison.Ordinal);
        Assert.Contains("1 workflow file not loaded as it is", status, StringComparison.Ordinal);
        Assert.Contains("1 workflow switched off", status, StringComparison.Ordinal);

        await RunAsync("failures", "dismiss", "--workflow", "flow");
        Assert.DoesNotContain("run failed", await RunAsync("status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_for_a_workflow_that_is_switched_off_is_said_to_wait_for_it()
    {
        await RunAsync("workflows", "disable", "flow");
        var id = (await RunAsync("events", "publish", "good")).TrimEnd();

        var why = await RunAsync("why", id);
        Assert.Contains("workflow flow is switched off: it handles the event when it is on again", why, StringComparison.Ordinal);
        Assert.DoesNotContain("no workflow acts on it", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_workflow_called_is_told_with_its_id_and_what_does_not_load_is_said_not_to()
    {
        _folder.Write("workflows/broken.lua", "this is not Lua");
        _folder.Write("workflows/ask.lua", """
            sekia.on("sekia.events.ask", function(event)
              sekia.call("github-agent", "add_label", { owner = "acme", repo = "shop", number = 1, label = "bug" })
            end)
            """);
        await RunAsync("workflows", "reload");
        var id = (await RunAsync("events", "publish", "asked", "--source", "ask")).TrimEnd();
        await WhenSettledAsync($"events/{id}/why", Waiting);

        var why = await RunAsync("why", id);
        var call = (string)JsonNode.Parse(await RunAsync("commands", "list", "--json"))!["commands"]![0]!["id"]!;
        Assert.Contains($"  → workflow ask asked with sekia.call\n      → github-agent add_label: dry_run ({call})\n", why, StringComparison.Ordinal);
        Assert.Contains("  → workflow broken does not load: see `sekia workflows list`\n", why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("dismiss")]
    public async Task Failures_of_a_workflow_without_a_name_are_not_those_of_all(string decision)
    {
        using var empty = await _sekia.Client.PostAsync(new Uri($"/api/v1/failures/{decision}?workflow=", UriKind.Relative), null);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, empty.StatusCode);
        Assert.Contains("Parameter 'workflow' is empty", await empty.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var unknown = await _sekia.Client.PostAsync(new Uri($"/api/v1/failures/{decision}?workflow=flw", UriKind.Relative), null);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains("There is no workflow 'flw'", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_are_listed_retried_and_dismissed()
    {
        Assert.Equal("No failures.\n", await RunAsync("failures", "list"));
        await WhenSettledAsync($"events/{(await RunAsync("events", "publish", "bad")).TrimEnd()}/why", Waiting);

        var list = await RunAsync("failures", "list");
        Assert.Matches(@"^ID   TIME +WORKFLOW   EVENT   REASON\n1 .* flow       1       flow\.lua:2: as told\n$", list);
        Assert.Equal("1 failure(s): dismiss\n", await RunAsync("failures", "dismiss", "--workflow", "flow"));
        var (code, _, error) = await AskAsync("failures", "retry");
        Assert.Equal((1, "Say which: `sekia failures retry <id>`, or `sekia failures retry --workflow <name>`.\n"), (code, error));
        Assert.Equal(1, (await AskAsync("failures", "retry", "999")).ExitCode);
    }

    [Fact]
    public async Task Commands_are_sent_and_listed()
    {
        Assert.Equal("No commands.\n", await RunAsync("commands", "list"));
        var id = (await RunAsync("commands", "send", "github-agent", "add_label", """{"owner":"acme","repo":"shop","number":1,"label":"bug"}""")).TrimEnd();
        await WhenSettledAsync($"commands/{id}", "\"status\":\"pending\"");

        Assert.Matches(@"^ID +TIME +AGENT +COMMAND +STATUS +ATTEMPTS   REASON\n\S+ .* github-agent   add_label   dry_run ", await RunAsync("commands", "list", "--agent", "github-agent"));
        var dry = (await RunAsync("commands", "send", "http-agent", "request", """{"method":"GET","url":"http://127.0.0.1:1/"}""", "--dry-run")).TrimEnd();
        Assert.Contains("\"status\":\"dry_run\"", await _sekia.Client.GetStringAsync(new Uri($"/api/v1/commands/{dry}", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Equal("http-agent is in dry run: dry run was switched on for http-agent\n", await RunAsync("agents", "dry-run", "http-agent", "on"));
        Assert.Equal("http-agent sends its commands\n", await RunAsync("agents", "dry-run", "http-agent", "settings"));
        var (code, _, error) = await AskAsync("commands", "send", "http-agent", "nothing");
        Assert.Equal((1, "'http-agent' has no command 'nothing'; it has request"), (code, error.TrimEnd()));
        Assert.Equal(1, (await AskAsync("commands", "retry", "nothing")).ExitCode);
        Assert.Equal(1, (await AskAsync("commands", "dismiss", id)).ExitCode);
    }

    [Fact]
    public async Task Text_of_others_does_not_reach_the_terminal_as_control_characters()
    {
        await RunAsync("events", "publish", "good", "{}", "--key", "k");
        await _sekia.Client.PostAsync(new Uri("/api/v1/events", UriKind.Relative), new StringContent("""{"type":"evil","payload":{}}"""));

        Assert.DoesNotContain('\u001b', await RunAsync("events", "list"));
    }

    [Fact]
    public async Task Where_no_host_runs_it_says_so_in_a_sentence()
    {
        foreach (var command in (string[][])[["status"], ["agents"], ["workflows"], ["workflows", "reload"], ["events", "list"], ["why", "evt_1"], ["commands", "list"], ["failures", "list"]])
        {
            var (code, output, error) = await SekiaProcess.RunAsync(_folder, [.. command, "--url", "http://127.0.0.1:1"]);

            Assert.Equal((3, ""), (code, output));
            Assert.StartsWith("No Sekia answers at http://127.0.0.1:1: ", error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }

        var (ended, _, why) = await SekiaProcess.RunAsync(_folder, ["status", "--socket", _folder.File("no.sock")]);
        Assert.Equal(3, ended);
        Assert.Contains(_folder.File("no.sock"), why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_signed_is_what_is_loaded()
    {
        var (code, output, _) = await SekiaProcess.RunAsync(_folder, ["workflows", "sign"]);
        Assert.Equal(0, code);
        Assert.Matches(@"^Signed 1 workflow\(s\) in \S+\n[0-9a-f]{64}  flow\.lua\n$", output);

        await using (var checking = await RunningSekia.StartAsync(_folder, "Workflows:VerifyIntegrity=true", "Host:Socket=", $"Journal:Path={_folder.File("second.db")}"))
        {
            Assert.Contains("flow ", await RunAsync(checking, "workflows"), StringComparison.Ordinal);
        }

        var (missing, _, error) = await SekiaProcess.RunAsync(_folder, ["workflows", "sign", "--dir", _folder.File("nothing")]);
        Assert.Equal(1, missing);
        Assert.Contains(_folder.File("nothing"), error, StringComparison.Ordinal);
    }

    public async Task DisposeAsync() => await _sekia.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    /// <summary>Asks until the answer does not say any more that it goes on.</summary>
    private async Task WhenSettledAsync(string path, string sign)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while ((await _sekia.Client.GetStringAsync(new Uri("/api/v1/" + path, UriKind.Relative), limit.Token)).Contains(sign, StringComparison.Ordinal))
        {
            await tick.WaitForNextTickAsync(limit.Token);
        }
    }

    private Task<string> RunAsync(params string[] args) => RunAsync(_sekia, args);

    private async Task<string> RunAsync(RunningSekia host, params string[] args)
    {
        var (code, output, error) = await SekiaProcess.RunAsync(_folder, [.. args, "--url", host.Client.BaseAddress!.ToString()]);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    private Task<(int ExitCode, string Output, string Error)> AskAsync(params string[] args) => SekiaProcess.RunAsync(_folder, [.. args, "--url", _url]);

    /// <summary>Without what differs from run to run, and with two spaces between columns.</summary>
    private static string Masked(string output) => Gap().Replace(Moment().Replace(Id().Replace(Version().Replace(output, "V"), "ID"), "T"), "  ");

    [GeneratedRegex(@"\b\d+\.\d+\.\d+\b")]
    private static partial Regex Version();

    [GeneratedRegex(@"evt_\S+")]
    private static partial Regex Id();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*")]
    private static partial Regex Moment();

    [GeneratedRegex("  +")]
    private static partial Regex Gap();
}
