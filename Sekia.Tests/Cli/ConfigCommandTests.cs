using System.Diagnostics;
using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>The settings before a host starts, and the completion, which needs none either.</summary>
public sealed class ConfigCommandTests : IDisposable
{
    private const string Secret = "ghp_do-not-show-me";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_check_names_every_fault_at_once_and_starts_nothing()
    {
        Directory.CreateDirectory(_folder.File("workflows"));
        _folder.Write("workflows/broken.lua", "no Lua");
        _folder.Write("file", "");
        _folder.Write("appsettings.json", """{ "Journal": { "KeepFor": "soon", "Path": "file/sekia.db" }, "Slak": {} , "GitHub": { "Tokn": 1 } }""");

        var (code, output, error) = await SekiaProcess.RunAsync(_folder, ["config", "check"]);

        Assert.Equal((1, ""), (code, error));
        Assert.Contains("5 things are wrong.", output, StringComparison.Ordinal);
        foreach (var fault in (string[])["Journal:KeepFor (appsettings.json): must be a duration", "Slak (appsettings.json): there is no such section", "Did you mean 'Token'?", $"{_folder.File("file")} is a file where a folder should be", "workflow broken: broken.lua:1: "])
        {
            Assert.Contains(fault, output, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_folder.File("data")));
        var json = JsonNode.Parse((await SekiaProcess.RunAsync(_folder, ["config", "check", "--json"])).Output)!;
        Assert.Equal((false, 5), ((bool)json["ok"]!, json["faults"]!.AsArray().Count));
    }

    [Fact]
    public async Task A_check_comes_back_from_a_script_that_does_not()
    {
        Directory.CreateDirectory(_folder.File("workflows"));
        _folder.Write("workflows/held.lua", Workflows.EngineHost.HeldCall);

        var (code, output, _) = await SekiaProcess.RunAsync(_folder, ["config", "check", "--Workflows:HandlerTimeout=00:00:00.100"]);

        Assert.Equal(1, code);
        Assert.Contains("workflow held: at its top level it is held in a call inside Lua", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_value_is_shown_with_its_origin_and_no_secret_is()
    {
        _folder.Write("appsettings.json", """{ "Journal": { "KeepBytes": 99999999 } }""");
        string[] command = ["config", "show", "--Agents:DryRun=true", $"--GitHub:Tokn={Secret}"];
        var environment = new Dictionary<string, string> { ["GITHUB_TOKEN"] = Secret, ["Journal__KeepFor"] = "2.00:00:00" };

        var (code, output, _) = await SekiaProcess.RunAsync(_folder, command, environment);

        Assert.Equal(0, code);
        Assert.Matches(@"(?m)^Agents:DryRun +true +command line --Agents:DryRun$", output);
        Assert.Matches(@"(?m)^Journal:KeepBytes +99999999 +appsettings\.json$", output);
        Assert.Matches(@"(?m)^Journal:KeepFor +2\.00:00:00 +environment variable Journal__KeepFor$", output);
        Assert.Matches(@"(?m)^Journal:Mode +Durable +default$", output);
        Assert.Matches(@"(?m)^GitHub:Token +\(secret\) +environment variable GITHUB_TOKEN$", output);
        Assert.Contains("GitHub:Tokn: there is no such setting. Did you mean 'Token'?\n", output, StringComparison.Ordinal);
        var json = (await SekiaProcess.RunAsync(_folder, [.. command, "--json"], environment)).Output;
        Assert.DoesNotContain(Secret, output + json, StringComparison.Ordinal);
        Assert.Contains(JsonNode.Parse(json)!["settings"]!.AsArray(), one => (string)one!["key"]! == "GitHub:Token" && (bool)one["secret"]! && one["value"] is null);
    }

    [Fact]
    public async Task The_api_shows_the_same_of_the_host_that_runs()
    {
        await using var host = new SekiaHost(new Dictionary<string, string> { ["GitHub:Token"] = Secret, ["Agents:DryRun"] = "true" });
        using var client = host.CreateClient();

        var text = await client.GetStringAsync("/api/v1/config");

        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        var settings = JsonNode.Parse(text)!["settings"]!.AsArray();
        Assert.Equal("true", (string?)settings.Single(one => (string)one!["key"]! == "Agents:DryRun")!["value"]);
        Assert.True((bool)settings.Single(one => (string)one!["key"]! == "GitHub:Token")!["is_set"]!);
    }

    [Fact]
    public async Task What_has_changed_and_waits_for_a_restart_is_not_shown_as_if_it_were_in_effect()
    {
        _folder.Write("appsettings.json", "{}");
        await using var sekia = await RunningSekia.StartAsync(_folder);
        Assert.Empty((await sekia.GetAsync("/api/v1/config"))["pending_restart"]!.AsArray());
        _folder.Write("appsettings.json", """{ "Journal": { "SweepInterval": "00:02:00", "KeepFor": "2.00:00:00" } }""");
        Assert.Contains("in effect after a restart: Journal:SweepInterval.", (await SekiaProcess.RunAsync(_folder, ["config", "reload"])).Output, StringComparison.Ordinal);

        var (code, output, error) = await SekiaProcess.RunAsync(_folder, ["config", "running"]);

        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"(?m)^Journal:SweepInterval +00:01:00 +as at the start$", output);
        Assert.Matches(@"(?m)^Journal:KeepFor +2\.00:00:00 +appsettings\.json$", output);
        Assert.EndsWith("\nChanged, and in effect after a restart: Journal:SweepInterval.\n", output, StringComparison.Ordinal);
        Assert.Equal("""["Journal:SweepInterval"]""", (await sekia.GetAsync("/api/v1/config"))["pending_restart"]!.ToJsonString());
        Assert.Matches("(?m)^Journal:SweepInterval +00:02:00 +appsettings", (await SekiaProcess.RunAsync(_folder, ["config", "show"])).Output);
    }

    [Theory]
    [InlineData("sekia work", "workflows")]
    [InlineData("sekia events rep", "replay")]
    [InlineData("sekia events tail --sub", "--subject")]
    public async Task Bash_completes_what_the_program_knows(string line, string expected)
    {
        var words = line.Split(' ');
        var script = $$"""
            source <(sekia completion bash)
            COMP_WORDS=({{line}}) COMP_CWORD={{words.Length - 1}} COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            _sekia_completion
            printf '%s\n' "${COMPREPLY[@]}"
            complete -p sekia
            """;
        using var shell = Process.Start(new ProcessStartInfo("bash", ["--norc", "-c", script])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder.Path,
            Environment = { ["PATH"] = $"{Path.GetDirectoryName(SekiaProcess.Program)}:/usr/local/bin:/usr/bin:/bin" },
        })!;

        Assert.Equal([expected, "complete -o default -F _sekia_completion sekia"], (await shell.StandardOutput.ReadToEndAsync()).TrimEnd().Split('\n'));
    }

    public void Dispose() => _folder.Dispose();
}
