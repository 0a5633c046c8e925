using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>
/// What each command prints when all goes well, as a whole and in both formats; what it prints otherwise is in <see cref="GoldenFaultTests"/>.
/// </summary>
public sealed partial class GoldenTests : IDisposable
{
    private const string Workflow = """
        local function fail(event) error("as told") end
        sekia.on("sekia.events.cli", function(event)
          if event.type == "bad" then fail(event) end
          sekia.log("info", "heard " .. event.type)
          sekia.publish("sekia.events.out", "out.made", { n = 1 })
          sekia.state.set("last", event.type)
        end)
        """;

    private const string Refused = """{"method":"GET","url":"http://127.0.0.1:1/"}""";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Every_command_prints_what_it_should()
    {
        Directory.CreateDirectory(_folder.File("workflows"));
        Directory.CreateDirectory(_folder.File("skills/triage"));
        Directory.CreateDirectory(_folder.File("skills/odd"));
        _folder.Write("workflows/flow.lua", Workflow);
        _folder.Write("skills/triage/SKILL.md", "---\nname: triage\nversion: \"1\"\ndescription: How issues are sorted.\ntriggers: [bug, issue]\n---\n");
        _folder.Write("skills/odd/SKILL.md", "---\n");
        await using var sekia = await RunningSekia.StartAsync(_folder, "GitHub:Enabled=false");
        var faults = new StringBuilder();
        var golden = new GoldenFiles(_folder);
        async Task ShellAsync(string name, params (string Line, int Count)[] lines)
        {
            var texts = new StringBuilder();
            foreach (var (line, count) in lines)
            {
                // It follows until it is told to end, or finds out, with the next event, that nobody reads any more.
                texts.Append(await golden.ShellAsync($"exec 3< <(exec {line}); head -{count} <&3; kill $!", $"{line} | head -{count}"));
            }

            faults.Append(await GoldenFiles.DifferenceAsync(name, texts.ToString()));
        }

        async Task CheckAsync(string name, string[] args, string[]? jsonArgs = null) => faults.Append(await GoldenFiles.DifferenceAsync(name, await golden.BothAsync(name, args, jsonArgs ?? args)));

        await CheckAsync("version", ["--version"], ["--version"]);
        await CheckAsync("empty-events", ["events", "list"]);
        await CheckAsync("empty-commands", ["commands", "list"]);
        await CheckAsync("empty-failures", ["failures", "list"]);
        await CheckAsync("empty-tokens", ["token", "list"]);
        var published = await golden.SessionAsync(["events", "publish", "good", """{"a":1}"""]);

        // What the first leads to has its place before the second.
        await WhenQuietAsync(sekia);
        faults.Append(await GoldenFiles.DifferenceAsync("events-publish", published + await golden.SessionAsync(["events", "publish", "bad", "--json"])));
        await WhenQuietAsync(sekia);
        await CheckAsync("status", ["status"]);
        await CheckAsync("agents", ["agents"]);
        await CheckAsync("agents-dry-run", ["agents", "dry-run", "http-agent", "on"], ["agents", "dry-run", "http-agent", "settings"]);
        await CheckAsync("workflows", ["workflows"]);
        await CheckAsync("workflows-disable", ["workflows", "disable", "flow"], ["workflows", "enable", "flow"]);
        await CheckAsync("workflows-list", ["workflows", "list"]);
        await CheckAsync("workflows-show", ["workflows", "show", "flow"]);
        await CheckAsync("events-list", ["events", "list"]);
        await CheckAsync("events-list-cut", ["events", "list", "--limit", "1"]);
        var (good, bad) = (await IdAsync(sekia, 0), await IdAsync(sekia, 1));
        await CheckAsync("why", ["why", good]);
        await CheckAsync("events-show", ["events", "show", bad]);
        await CheckAsync("events-replay", ["events", "replay", good]);
        await CheckAsync("events-replay-failed", ["events", "replay", bad, "--workflow", "flow"]);
        await CheckAsync("failures-list", ["failures", "list"]);
        await CheckAsync("events-replay-live", ["events", "replay", bad, "--live"]);
        await WhenQuietAsync(sekia);
        await CheckAsync("failures-dismiss", ["failures", "dismiss", await FailureAsync(sekia)], ["failures", "dismiss", "--workflow", "flow"]);
        await CheckAsync("failures-retry", ["failures", "retry", "--workflow", "flow"]);
        await CheckAsync("commands-send", ["commands", "send", "http-agent", "request", Refused]);
        await Eventually.GetAsync(async () => (await sekia.GetAsync("/api/v1/commands?status=failed"))["commands"]!.AsArray().Count == 2 ? "" : null, () => "two failed commands");
        await CheckAsync("commands-list", ["commands", "list", "--limit", "1"]);
        var commands = (await sekia.GetAsync("/api/v1/commands"))["commands"]!.AsArray();
        await CheckAsync("commands-dismiss", ["commands", "dismiss", (string)commands[0]!["id"]!], ["commands", "dismiss", (string)commands[1]!["id"]!]);
        await CheckAsync("commands-retry", ["commands", "retry", (string)commands[0]!["id"]!], ["commands", "retry", (string)commands[1]!["id"]!]);
        await CheckAsync("skills-list", ["skills", "list"]);
        await ShellAsync("events-tail", ("sekia events tail --after 0", 3), ("sekia events tail --after 0 --json", 2));
        await CheckAsync("config-names", ["config", "names"], ["config"]);
        await CheckAsync("config-check", ["config", "check"]);
        faults.Append(await GoldenFiles.DifferenceAsync("config-running", await SettingsAsync(golden, ["config", "running"])));
        await CheckAsync("config-reload", ["config", "reload"], ["config", "reload", "--target", "http-agent"]);
        await CheckAsync("token-create", ["token", "create", "--role", "read", "--name", "ci"], ["token", "create", "--role", "operate", "--name", "desk"]);
        await CheckAsync("token-list", ["token", "list"]);
        await CheckAsync("token-revoke", ["token", "revoke", "ci"], ["token", "revoke", "desk"]);
        await CheckAsync("workflows-sign", ["workflows", "sign"]);
        await CheckAsync("workflows-reload", ["workflows", "reload"]);

        Assert.Equal("", faults.ToString());
    }

    [Fact]
    public async Task Those_that_need_no_host_print_what_they_should()
    {
        var golden = new GoldenFiles(_folder);
        var faults = new StringBuilder();
        foreach (var shell in (string[])["bash", "fish", "zsh"])
        {
            faults.Append(await GoldenFiles.DifferenceAsync($"completion-{shell}", await golden.SessionAsync(["completion", shell])));
        }

        _folder.Write("appsettings.json", """{ "Host": { "AllowedHosts": ["sekia.example.com"] }, "Dashboard": { "Username": "ann", "Password": "secret-pass" } }""");
        string[] show = ["config", "show", "--GitHub:Token=ghp_x", "--Host:Listen=127.0.0.1:7601", "--Foo:Bar=1"];
        faults.Append(await GoldenFiles.DifferenceAsync("config-show", await SettingsAsync(golden, show)));
        faults.Append(await GoldenFiles.DifferenceAsync("bench", FigureOf().Replace(await golden.BothAsync("bench", ["bench", "--endurance", "1000"], ["bench", "--endurance", "1000"]), "#")));
        Assert.Equal("", faults.ToString());
    }

    [Fact]
    public async Task The_demo_prints_what_it_should()
    {
        Directory.CreateDirectory(_folder.File("workflows"));
        _folder.Write("workflows/label.lua", """
            sekia.on("sekia.events.github", function(event)
              if event.type == "github.issue.opened" then
                sekia.publish("sekia.events.out", "out.made", { n = 1 })
              end
            end)
            """);
        await using var sekia = await RunningSekia.StartAsync(_folder);
        var golden = new GoldenFiles(_folder);

        string[] demo = ["demo", "--url", sekia.Client.BaseAddress!.ToString()];
        Assert.Equal("", await GoldenFiles.DifferenceAsync("demo", await golden.BothAsync("demo", demo, demo)));
    }

    [Fact]
    public async Task The_bridge_says_on_a_terminal_whom_it_is_for_and_without_a_host_that_there_is_none()
    {
        // The terminal drops what was typed before the program took it over.
        const string Typed = """
            import os, pty, subprocess, sys
            outside, inside = pty.openpty()
            bridge = subprocess.Popen(["sekia", "mcp"], stdin=inside)
            while True:
                try:
                    sys.exit(bridge.wait(0.2))
                except subprocess.TimeoutExpired:
                    os.write(outside, b"\x04")
            """;
        const string Piped = """echo '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' | sekia mcp --url http://127.0.0.1:1""";
        var golden = new GoldenFiles(_folder);

        Assert.Equal("", await GoldenFiles.DifferenceAsync("mcp", await golden.ShellAsync($"python3 -c '{Typed}'", "sekia mcp") + await golden.ShellAsync(Piped)));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Of all settings those that come first stand for the others, which come and go.</summary>
    private async Task<string> SettingsAsync(GoldenFiles golden, string[] show)
    {
        var plain = (await golden.SessionAsync(show)).Split('\n').Where(line => Kept().IsMatch(line));
        var json = JsonNode.Parse((await SekiaProcess.RunAsync(_folder, [.. show, "--json"])).Output)!;
        var settings = json["settings"]!.AsArray();
        foreach (var other in settings.Where(one => !Kept().IsMatch((string)one!["key"]!)).ToArray())
        {
            settings.Remove(other);
        }

        return $"{string.Join('\n', plain)}\n$ sekia {string.Join(' ', show)} --json\n{json.ToJsonString(s_indented)}\n";
    }

    private static async Task WhenQuietAsync(RunningSekia sekia) => await Eventually.GetAsync(
        async () => (await sekia.GetAsync("/api/v1/workflows"))["workflows"]!.AsArray().All(one => (long)one!["waiting"]! == 0) ? "" : null, () => "quiet");

    private static async Task<string> IdAsync(RunningSekia sekia, int index) => (string)(await sekia.GetAsync("/api/v1/events?subject=sekia.events.cli"))["events"]![index]!["id"]!;

    private static async Task<string> FailureAsync(RunningSekia sekia) => (await sekia.GetAsync("/api/v1/failures"))["runs"]![0]!["id"]!.ToString();

    [GeneratedRegex(@"^(\$|SETTING|Host:|GitHub:Token|Foo)")]
    private static partial Regex Kept();

    [GeneratedRegex(@"(?<![\w-]|endurance )\d+([.,]\d+)*")]
    private static partial Regex FigureOf();
}
