using System.Text.Json.Serialization.Metadata;

namespace Sekia.Modules.Hosting;

/// <summary>What a route does, for the description of the API. A route carries it as metadata.</summary>
/// <param name="Summary">One sentence without its full stop.</param>
internal sealed record RouteDescription(string Summary)
{
    /// <summary>What it answers when all is well; <c>null</c> when that is not JSON.</summary>
    public JsonTypeInfo? Answer { get; init; }

    /// <summary>The status of that answer.</summary>
    public int Status { get; init; } = 200;

    /// <summary>What the answer is written in.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The parameters in the query, each with what it is.</summary>
    public IReadOnlyList<RouteParameter> Query { get; init; } = [];

    /// <summary>The fields of the body, each with what it is; empty when there is no body.</summary>
    public IReadOnlyList<RouteField> Body { get; init; } = [];

    /// <summary>With which statuses it refuses, besides those that any route may refuse with.</summary>
    public IReadOnlyList<int> Refusals { get; init; } = [];
}

/// <summary>A parameter of a route.</summary>
/// <param name="Type">Its type in JSON Schema.</param>
internal sealed record RouteParameter(string Name, string Description, string Type = "string");

/// <summary>A field of a body.</summary>
/// <param name="Type">Its type in JSON Schema; <c>null</c> for any.</param>
internal sealed record RouteField(string Name, string Description, string Type = "string", bool Required = false);
