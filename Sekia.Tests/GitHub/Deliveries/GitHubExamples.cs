using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Sekia.Tests.GitHub.Deliveries;

/// <summary>The deliveries that GitHub itself publishes as examples, of github.com and of Enterprise servers.</summary>
internal static class GitHubExamples
{
    private static readonly ConcurrentDictionary<string, Dictionary<string, JsonElement[]>> s_read = new(StringComparer.Ordinal);

    /// <summary>All of them: the server, the kind of the delivery, the place among those of its kind.</summary>
    public static TheoryData<string, string, int> All()
    {
        var all = new TheoryData<string, string, int>();
        foreach (var server in Directory.GetDirectories(Folder()).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal))
        {
            foreach (var (kind, examples) in Read(server))
            {
                for (var place = 0; place < examples.Length; place++)
                {
                    all.Add(server, kind, place);
                }
            }
        }

        return all;
    }

    public static JsonElement Get(string server, string kind, int place) => Read(server)[kind][place];

    /// <summary>The first of github.com with this kind and action.</summary>
    public static JsonElement Get(string kind, string? action = null) => Read("api.github.com")[kind].First(
        example => action is null || example.GetProperty("action").GetString() == action);

    private static Dictionary<string, JsonElement[]> Read(string server) => s_read.GetOrAdd(server, static server =>
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(Folder(), server, "index.json"))).EnumerateArray().ToDictionary(
            kind => kind.GetProperty("name").GetString()!, kind => kind.GetProperty("examples").EnumerateArray().ToArray()));

    private static string Folder([CallerFilePath] string here = "")
    {
        var folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "npm", "node_modules", "@octokit", "webhooks-examples"));
        return Directory.Exists(folder)
            ? folder
            : throw new InvalidOperationException($"GitHub's examples are not there: {folder}. Run ./test.sh once, which installs them.");
    }
}
