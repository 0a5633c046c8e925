using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Modules.Agents;

namespace Sekia.Modules.GitHub.Client;

/// <summary>GraphQL's own way of failing, turned into that of agents: it answers 200 and says inside what went wrong.</summary>
internal static class GraphQL
{
    /// <summary>Runs one operation and gives its data.</summary>
    /// <param name="what">What it is for, as in "GitHub refused to find the project".</param>
    public static async Task<JsonElement> RunAsync(GitHubClient github, string document, JsonObject variables, string what, CancellationToken cancellationToken)
    {
        var (answer, pause) = await github.QueryAsync(new GraphQLRequest(document, variables), cancellationToken);
        if (answer.Errors is not { Length: > 0 } errors)
        {
            return answer.Data ?? throw new HttpRequestException(HttpRequestError.InvalidResponse, $"GitHub was asked {what}, and answered neither data nor an error.");
        }

        var said = string.Join("; ", errors.Select(error => GitHubWords.OneLine(error.Message ?? "").TrimEnd('.')).Distinct(StringComparer.Ordinal));
        if (errors.Any(error => error.Type is "RATE_LIMITED" || Says(error, "rate limit")))
        {
            throw new RetryAfterException(pause, $"GitHub was asked {what}, and asked to wait: {said}.");
        }

        // Its words for a time limit or a fault of its own, with a number to quote.
        throw errors.Any(error => error.Type is "SERVICE_UNAVAILABLE" || (error.Type is null && Says(error, "something went wrong")))
            ? new HttpRequestException(HttpRequestError.Unknown, $"GitHub was asked {what}, and failed: {said}.")
            : new CommandFailedException($"GitHub refused {what}: {said}.");
    }

    /// <summary>A text somewhere in the data, by the names on the way to it.</summary>
    public static string TextAt(JsonElement data, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            data = data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var inner) ? inner : default;
        }

        return data.ValueKind == JsonValueKind.String && data.GetString() is { } text
            ? text
            : throw new HttpRequestException(HttpRequestError.InvalidResponse, $"GitHub's answer has no {string.Join('.', path)}.");
    }

    private static bool Says(GraphQLError error, string words) => error.Message?.Contains(words, StringComparison.OrdinalIgnoreCase) ?? false;
}
