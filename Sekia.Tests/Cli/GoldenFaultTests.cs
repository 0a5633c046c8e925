using System.CommandLine;
using Sekia.Modules.Cli;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>What each command prints when it is refused: the files in <c>Golden</c> whose names begin with <c>refused</c>.</summary>
public sealed class GoldenFaultTests : IDisposable
{
    /// <summary>Each command that asks a host, with arguments that it takes.</summary>
    private static readonly string[] s_asking =
    [
        "status", "agents", "agents dry-run http-agent on", "workflows", "workflows list", "workflows show flow", "workflows reload", "workflows enable flow", "workflows disable flow",
        "events list", "events tail", "events publish t", "events replay evt_1", "events show evt_1", "why evt_1", "commands list", "commands send http-agent request {}",
        "commands retry cmd_1", "commands dismiss cmd_1", "failures list", "failures retry 1", "failures dismiss --workflow flow", "skills list", "config reload", "config running",
    ];

    /// <summary>Names and numbers that there are none of.</summary>
    private static readonly string[] s_unknown =
    [
        "agents dry-run nobody on", "workflows show nothing", "workflows enable nothing", "workflows disable nothing", "events replay evt_1", "events show evt_1", "why evt_1",
        "commands list --status odd", "commands send nobody x", "commands send http-agent x", "commands send http-agent request {\"a\":1}", "commands send http-agent request [1]",
        "commands retry cmd_1", "commands dismiss cmd_1", "failures retry 7", "failures dismiss 7", "failures retry", "failures dismiss 1 --workflow flow", "config reload --target nobody",
        "token revoke nobody", "events list --subject a..b", "events list --limit 9999", "events tail --subject a..b", "events publish t [1]", "workflows sign --dir nowhere",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly GoldenFiles _golden;

    public GoldenFaultTests() => _golden = new GoldenFiles(_folder);

    /// <summary>Arguments that make no sense, with no host to ask: what is wrong is told before anybody is asked.</summary>
    public static TheoryData<string, string[]> Wrong => new()
    {
        { "refused-empty", ["why ''", "events show ''", "events replay ''", "events list --subject ''", "events tail --type ''", "events publish ''", "failures dismiss --workflow ''", "commands send http-agent ''", "workflows disable ''", "agents dry-run '' on", "token revoke ''", "config reload --target ''", "workflows sign --dir ''", "status --socket ''", "status --socket="] },
        { "refused-missing", ["why", "events", "events replay", "events publish", "commands", "commands send http-agent", "failures", "token", "token create", "token revoke", "completion", "agents dry-run http-agent", "workflows show", "skills", "events list --limit", "mcp --url"] },
        { "refused-values", ["failures retry abc", "failures retry 0", "failures dismiss 99999999999999999999", "events list --limit many", "events list --after -1", "events tail --after x", "commands list --limit 0", "failures list --limit x", "token create --role x --name ci", "token create --role 1 --name ci", "agents dry-run http-agent maybe", "completion tcsh", "bench --endurance -1", "bench --isolation 0"] },
        { "refused-places", ["status --url nowhere", "status --url ftp://127.0.0.1", "status --url http://127.0.0.1:1/foo", "demo --url http://127.0.0.1:1/?a=b", "mcp --url http://ann:secret@127.0.0.1:1", "status --url http://127.0.0.1:1 --url http://127.0.0.1:2", "status --url http://127.0.0.1:1 --socket x", "status --socket x", "status --socket /", "mcp --url x"] },
        { "refused-unknown-words", ["nothing", "statu", "--nothing", "--url http://127.0.0.1:1", "events sing", "events lst", "config shwo", "status extra", "status --jso", "why a b", "skills list x", "mcp --json", "demo extra", "config check x", "token list x", "why @file more"] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Arguments_that_make_no_sense_are_told_in_a_sentence(string name, string[] lines)
    {
        Assert.Equal("", await GoldenFiles.DifferenceAsync(name, await _golden.RefusedAsync(lines, [])));
        Assert.False(Directory.Exists(_folder.File("data")));
    }

    [Theory]
    [InlineData("refused-no-host")]
    [InlineData("refused-no-host-json", "--json")]
    public async Task Where_no_host_answers_each_command_says_so(string name, params string[] format) =>
        Assert.Equal(
            "", await GoldenFiles.DifferenceAsync(name, await _golden.RefusedAsync([.. s_asking, .. format.Length == 0 ? ["demo"] : Array.Empty<string>()], ["--url", "http://127.0.0.1:1", .. format])));

    [Theory]
    [InlineData("refused-stranger", null)]
    [InlineData("refused-reader", "read")]
    public async Task A_host_that_refuses_a_caller_is_quoted_by_each_command(string name, string? role)
    {
        await using var sekia = await StartAsync("Dashboard:Username=ann", "Dashboard:Password=secret-pass");
        var login = role is null ? [] : new Dictionary<string, string> { ["SEKIA_TOKEN"] = await TokenAsync(role) };
        var lines = role is null ? s_asking : s_asking.Where(NeedsOperate).ToArray();

        var texts = await _golden.RefusedAsync(lines, ["--url", sekia.Client.BaseAddress!.ToString()], login);

        Assert.Equal("", await GoldenFiles.DifferenceAsync(name, texts));
    }

    [Theory]
    [InlineData("refused-unknown")]
    [InlineData("refused-unknown-json", "--json")]
    public async Task What_there_is_not_is_told_by_each_command(string name, params string[] format)
    {
        await using var sekia = await StartAsync();
        var lines = format.Length == 0 ? s_unknown : s_unknown.Where(line => !line.StartsWith("workflows sign", StringComparison.Ordinal)).ToArray();

        Assert.Equal("", await GoldenFiles.DifferenceAsync(name, await _golden.RefusedAsync(lines, format)));
    }

    /// <summary>So that a new command does not come without one.</summary>
    [Fact]
    public void Each_command_has_its_golden_file()
    {
        var printed = GoldenFiles.Texts.SelectMany(text => text.Split('\n')).Where(line => line.StartsWith("$ sekia ", StringComparison.Ordinal)).ToArray();

        foreach (var command in CommandsOf(SekiaCommandLine.CommandsOf([], []), "$ sekia").Skip(1))
        {
            Assert.Contains(printed, line => line == command || line.StartsWith(command + " ", StringComparison.Ordinal));
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Whether it does something, and does not just look.</summary>
    private static bool NeedsOperate(string line) => line.Split(' ') is [_, not ("list" or "show" or "tail" or "running"), ..] and not ["why", ..];

    private static IEnumerable<string> CommandsOf(Command command, string path) =>
        command.Subcommands.SelectMany(sub => CommandsOf(sub, $"{path} {sub.Name}")).Prepend(path);

    private async Task<RunningSekia> StartAsync(params string[] settings)
    {
        Directory.CreateDirectory(_folder.File("workflows"));
        _folder.Write("workflows/flow.lua", "sekia.on('sekia.events.x', function() end)");
        return await RunningSekia.StartAsync(_folder, settings);
    }

    private async Task<string> TokenAsync(string role) => (await SekiaProcess.RunAsync(_folder, ["token", "create", "--role", role, "--name", "ci"])).Output.TrimEnd();
}
