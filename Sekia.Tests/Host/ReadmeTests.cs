using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;
using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

/// <summary>What the README says is so.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string s_readme = File.ReadAllText(Path.Combine(RepositoryRoot(), "README.md"));

    [Fact]
    public void Every_setting_stands_in_the_table()
    {
        using var host = new SekiaHost();
        var documented = Setting().Matches(s_readme).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

        var missing =
            from binding in host.Services.GetServices<OptionsBinding>()
            from key in binding.Keys
            where key is not (nameof(ModuleOptions.Enabled) or "Instances")
            let setting = $"{binding.Path}:{key}"
            where !documented.Any(known => known == setting || known.StartsWith(setting + ":", StringComparison.Ordinal))
            select setting;

        Assert.Empty(missing);
    }

    [Fact]
    public async Task The_tour_works_as_written()
    {
        using var root = new TemporaryFolder();
        var tour = Tour();
        Assert.Equal(11, tour.Count);
        CopyWorkflows(root);
        string address, sent;
        await using (var sekia = await RunningSekia.StartAsync(root, $"Host:Listen=127.0.0.1:{FreePort.Take()}"))
        {
            address = sekia.Client.BaseAddress!.Authority;
            Assert.Equal(1, (int?)(await CurlAsync(tour[0], address))["seq"]);
            Assert.False((bool?)(await CurlAsync(tour[1], address))["duplicate"]);
            Assert.True((bool?)(await CurlAsync(tour[2], address))["duplicate"]);
            Assert.Equal(2, (await CurlAsync(tour[3], address))["events"]!.AsArray().Count);

            sent = (string)(await CurlAsync(tour[4], address))["id"]!;
            var failed = await FirstCommandAsync(tour[5], address);
            Assert.Contains("AllowedAddresses", (string?)failed["reason"], StringComparison.Ordinal);
            Assert.Contains("'methd'", (string?)(await CurlAsync(tour[10], address))["detail"], StringComparison.Ordinal);
        }

        var restart = TourText().Split('\n').First(line => line.StartsWith("dotnet run", StringComparison.Ordinal));
        await using var again = await RunningSekia.StartAsync(root, [$"Host:Listen={address}", .. ArgumentsOf(restart).Select(setting => setting[2..])]);
        await CurlAsync(tour[6].Replace("cmd_…", sent, StringComparison.Ordinal), address);
        var succeeded = await FirstCommandAsync(tour[7], address);
        Assert.Equal(200, (int?)succeeded["result"]!["status"]);

        var asked = (string)(await CurlAsync(tour[8], address))["id"]!;
        var replied = await Eventually.GetAsync(
            async () => (await CurlAsync(tour[9].Replace("evt_…", asked, StringComparison.Ordinal), address))["workflows"]!.AsArray()
                .Where(workflow => (string?)workflow!["workflow"] == "webhook-reply" && (string?)workflow["outcome"] == "ok")
                .Select(workflow => workflow!["runs"]![0]!["commands"]![0])
                .FirstOrDefault(command => (string?)command!["status"] == "succeeded"),
            () => tour[9]);
        Assert.Equal(202, (int?)replied["result"]!["status"]);
    }

    [Fact]
    public async Task The_demo_of_the_tour_shows_what_is_written()
    {
        using var root = new TemporaryFolder();
        CopyWorkflows(root);
        var (section, demo) = (TourText(), "dotnet run --project Sekia.Host -- demo");
        var written = section[section.IndexOf(demo, StringComparison.Ordinal)..].Split("```")[2].Trim();

        var (exitCode, output, error) = await SekiaProcess.RunAsync(root, [.. ArgumentsOf(demo), "--Host:Listen=127.0.0.1:0"]);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains(WithoutChance(written), WithoutChance(output), StringComparison.Ordinal);
    }

    [Fact]
    public void The_program_is_started_in_the_tour_as_it_can_be()
    {
        var starts = TourText().Split('\n').Where(line => line.Contains("dotnet run", StringComparison.Ordinal));

        Assert.Equal(["--Http:AllowedAddresses:0=127.0.0.1", "demo", "", "bench"], starts.Select(line => string.Join(' ', ArgumentsOf(line))));
    }

    private static void CopyWorkflows(TemporaryFolder root)
    {
        Directory.CreateDirectory(root.File("workflows"));
        foreach (var file in Directory.GetFiles(Path.Combine(RepositoryRoot(), "workflows"), "*.lua"))
        {
            root.Write(Path.Combine("workflows", Path.GetFileName(file)), File.ReadAllText(file));
        }
    }

    private static Task<JsonNode> FirstCommandAsync(string line, string address) => Eventually.GetAsync(
        async () => (await CurlAsync(line, address))["commands"]!.AsArray().FirstOrDefault(), () => line);

    /// <summary>The curl lines of the tour, in order.</summary>
    private static List<string> Tour()
    {
        return [.. TourText().Split('\n').Where(line => line.StartsWith("curl ", StringComparison.Ordinal))];
    }

    private static string TourText() => s_readme[s_readme.IndexOf("## Two minutes", StringComparison.Ordinal)..s_readme.IndexOf("## The API", StringComparison.Ordinal)];

    /// <summary>What a line of the tour gives to the program.</summary>
    private static string[] ArgumentsOf(string line) => line.Split(" -- ") is [_, var arguments] ? arguments.Split(' ') : [];

    /// <summary>Ids and times are others every time, and so is the order in which Lua gives the fields of a table.</summary>
    private static string WithoutChance(string text) => string.Join('\n', Varying().Replace(text, "#").Split('\n').Select(line => line.Trim() is ['{', ..] payload
        ? new JsonObject(JsonNode.Parse(payload)!.AsObject().OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))).ToJsonString()
        : line));

    private static async Task<JsonNode> CurlAsync(string line, string address)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", line.Replace("127.0.0.1:7600", address, StringComparison.Ordinal)])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
        return JsonNode.Parse(output)!;
    }

    private static string RepositoryRoot([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex(@"(?:evt|cmd)_[0-9a-f-]+|[0-9.]+(?= ms)")]
    private static partial Regex Varying();

    [GeneratedRegex("`([A-Z][A-Za-z]+(?::[A-Za-z<>…]+)+)`")]
    private static partial Regex Setting();
}
