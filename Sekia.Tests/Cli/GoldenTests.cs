using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>
/// What each command prints, as a whole and in both formats: the files in <c>Golden</c>. What differs is written to
/// <c>Golden</c> beside the tests' program, to be looked at and, if it is meant, put in the file's place.
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
        async Task CheckAsync(string name, string[] args, string[]? jsonArgs = null) => faults.Append(await DifferenceAsync(name, args, jsonArgs ?? args));

        await CheckAsync("version", ["--version"], ["--version"]);
        await CheckAsync("empty-events", ["events", "list"]);
        await CheckAsync("empty-commands", ["commands", "list"]);
        await CheckAsync("empty-failures", ["failures", "list"]);
        await CheckAsync("empty-tokens", ["token", "list"]);
        await CheckAsync("events-publish", ["events", "publish", "good", """{"a":1}"""], ["events", "publish", "bad"]);
        await WhenQuietAsync(sekia);
        await CheckAsync("status", ["status"]);
        await CheckAsync("agents", ["agents"]);
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
        await CheckAsync("config-names", ["config", "names"], ["config"]);
        await CheckAsync("config-check", ["config", "check"]);
        await CheckAsync("config-reload", ["config", "reload"], ["config", "reload", "--target", "http-agent"]);
        await CheckAsync("token-create", ["token", "create", "--role", "read", "--name", "ci"], ["token", "create", "--role", "operate", "--name", "desk"]);
        await CheckAsync("token-list", ["token", "list"]);
        await CheckAsync("token-revoke", ["token", "revoke", "ci"], ["token", "revoke", "desk"]);
        await CheckAsync("workflows-sign", ["workflows", "sign"]);
        await CheckAsync("workflows-reload", ["workflows", "reload"]);

        Assert.Equal("", faults.ToString());
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Runs the command in both formats, by the socket that is found by itself.</summary>
    private async Task<string> DifferenceAsync(string name, string[] args, string[] jsonArgs)
    {
        var takesJson = args[0] is not "--version" && name is not "config-names";
        var actual = await SessionAsync(args) + await SessionAsync(takesJson ? [.. jsonArgs, "--json"] : jsonArgs);
        var golden = Path.Combine(Goldens(), name + ".txt");
        var expected = File.Exists(golden) ? await File.ReadAllTextAsync(golden) : "";
        if (expected == actual)
        {
            return "";
        }

        var kept = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "Golden"));
        await File.WriteAllTextAsync(Path.Combine(kept.FullName, name + ".txt"), actual);
        return $"{name} differs, see {kept.FullName}:\n{actual}\n";
    }

    private async Task<string> SessionAsync(string[] args)
    {
        var (code, output, error) = await SekiaProcess.RunAsync(_folder, args);
        return Masked($"$ sekia {string.Join(' ', args)}\n{output}{error}{(code == 0 ? "" : $"exit code {code}\n")}", isJson: args.Contains("--json"));
    }

    private static async Task WhenQuietAsync(RunningSekia sekia) => await Eventually.GetAsync(
        async () => (await sekia.GetAsync("/api/v1/workflows"))["workflows"]!.AsArray().All(one => (long)one!["waiting"]! == 0) ? "" : null, () => "quiet");

    private static async Task<string> IdAsync(RunningSekia sekia, int index) => (string)(await sekia.GetAsync("/api/v1/events?subject=sekia.events.cli"))["events"]![index]!["id"]!;

    private static async Task<string> FailureAsync(RunningSekia sekia) => (await sekia.GetAsync("/api/v1/failures"))["runs"]![0]!["id"]!.ToString();

    private static string Goldens([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");

    /// <summary>Without what differs from run to run; columns, whose width follows, are two spaces apart.</summary>
    private string Masked(string text, bool isJson)
    {
        var masked = Varying().Replace(text.Replace(_folder.Path, "ROOT", StringComparison.Ordinal), match => match.Groups["name"].Success ? $"{match.Groups["name"].Value}#"
            : match.Value.StartsWith("evt_", StringComparison.Ordinal) ? "evt_#"
            : match.Value.StartsWith("cmd_", StringComparison.Ordinal) ? "cmd_#"
            : match.Value.StartsWith("sekia_", StringComparison.Ordinal) ? "sekia_#" : "#");
        return isJson ? masked : Gap().Replace(masked, "  ");
    }

    [GeneratedRegex("""
        (evt|cmd)_[0-9a-f-]{36} | \bsekia_[\w-]{43} | \b[0-9a-f]{64}\b | \d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(Z|[+]00:00)? | \b\d+\.\d+\.\d+\b(?!\.)
        | (?<name>"(duration_ms|memory_bytes|timestamp|[a-z]+_at)":\ )\d[\d.]* | (?<name>"uptime":\ )"[^"]*" | (?<name>Uptime:\ +)\S+ | (?<name>\bin\ )[\d.]+(?=\ ms) | (?<name>memory_bytes:\ )\d+
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Varying();

    [GeneratedRegex("(?<=\\S)  +")]
    private static partial Regex Gap();
}
