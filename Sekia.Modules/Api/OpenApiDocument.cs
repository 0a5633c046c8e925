using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.WebUtilities;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Api;

/// <summary><c>/api/v1/openapi.json</c>: every route as it is mapped, by its <see cref="RouteDescription"/>, and every answer as it is written.</summary>
internal sealed class OpenApiDocument
{
    private const string ProblemType = "application/problem+json";

    /// <summary>With these any route may refuse.</summary>
    private static readonly int[] s_always = [401, 403, 429, 500];

    private readonly Lazy<string> _text;

    public OpenApiDocument(EndpointDataSource routes) => _text = new Lazy<string>(() => Write(routes).ToJsonString(ApiJson.Readable.Options));

    public static void Map(IEndpointRouteBuilder api) => api
        .MapGet("/openapi.json", (OpenApiDocument document) => TypedResults.Text(document._text.Value, "application/json"))
        .WithMetadata(new RouteDescription("Describes this API (OpenAPI 3.1)"));

    private static JsonObject Write(EndpointDataSource routes)
    {
        var paths = new JsonObject();
        var schemas = new JsonObject { ["Problem"] = ProblemSchema() };
        var described =
            from route in routes.Endpoints.OfType<RouteEndpoint>()
            let description = route.Metadata.GetMetadata<RouteDescription>()
            where description is not null && route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null
            from method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
            where !HttpMethods.IsHead(method)
            orderby PathOf(route.RoutePattern), method
            select (route.RoutePattern, Method: method.ToLowerInvariant(), Description: description);
        foreach (var (pattern, method, description) in described)
        {
            var path = PathOf(pattern);
            var operations = paths[path]?.AsObject();
            if (operations is null)
            {
                paths[path] = operations = new JsonObject();
            }

            operations[method] = Operation(pattern, description, schemas);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Sekia", ["version"] = HostVersion.Text },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" },
                    ["login"] = new JsonObject { ["type"] = "http", ["scheme"] = "basic" },
                },
            },
            ["security"] = new JsonArray(new JsonObject(), new JsonObject { ["token"] = new JsonArray() }, new JsonObject { ["login"] = new JsonArray() }),
        };
    }

    private static JsonObject Operation(RoutePattern pattern, RouteDescription description, JsonObject schemas)
    {
        var operation = new JsonObject { ["summary"] = description.Summary + "." };
        JsonNode[] parameters =
        [
            .. pattern.Parameters.Select(parameter => Parameter(parameter.Name, "path", TypeOf(pattern, parameter), description: null)),
            .. description.Query.Select(parameter => Parameter(parameter.Name, "query", parameter.Type, parameter.Description)),
        ];
        if (parameters.Length > 0)
        {
            operation["parameters"] = new JsonArray(parameters);
        }

        if (description.Body.Count > 0)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content("application/json", BodySchema(description.Body)) };
        }

        var responses = new JsonObject { [Text(description.Status)] = Answer(description, schemas) };
        foreach (var status in s_always.Concat(description.Refusals).Order())
        {
            responses[Text(status)] = new JsonObject
            {
                ["description"] = ReasonPhrases.GetReasonPhrase(status),
                ["content"] = Content(ProblemType, Reference("Problem")),
            };
        }

        operation["responses"] = responses;
        return operation;
    }

    private static JsonObject Answer(RouteDescription description, JsonObject schemas)
    {
        var answer = new JsonObject { ["description"] = ReasonPhrases.GetReasonPhrase(description.Status) };
        if (description.Answer is not { } type)
        {
            answer["content"] = Content(description.ContentType, new JsonObject());
            return answer;
        }

        var name = type.Type.Name;
        if (!schemas.ContainsKey(name))
        {
            schemas[name] = AnswerSchema.Of(type, name);
        }

        answer["content"] = Content(description.ContentType, Reference(name));
        return answer;
    }

    private static JsonObject Parameter(string name, string place, string type, string? description)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["required"] = place == "path", ["schema"] = new JsonObject { ["type"] = type } };
        if (description is not null)
        {
            parameter["description"] = description + ".";
        }

        return parameter;
    }

    private static JsonObject BodySchema(IReadOnlyList<RouteField> fields) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(fields.Select(field => KeyValuePair.Create<string, JsonNode?>(field.Name, new JsonObject
        {
            ["type"] = field.Required ? field.Type : new JsonArray(field.Type, "null"),
            ["description"] = field.Description + ".",
        }))),
        ["required"] = new JsonArray([.. fields.Where(field => field.Required).Select(field => JsonValue.Create(field.Name))]),
        ["additionalProperties"] = false,
    };

    private static JsonObject ProblemSchema() => new()
    {
        ["$id"] = AnswerSchema.IdOf("Problem"),
        ["description"] = "A refusal by RFC 9457: detail says what happened and what to do.",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["type"] = new JsonObject { ["type"] = "string" },
            ["title"] = new JsonObject { ["type"] = "string" },
            ["status"] = new JsonObject { ["type"] = "integer" },
            ["detail"] = new JsonObject { ["type"] = "string" },
        },
        ["required"] = new JsonArray("title", "status"),
    };

    private static JsonObject Content(string type, JsonObject schema) => new() { [type] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Reference(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };

    /// <summary>The path without what restricts its parameters.</summary>
    private static string PathOf(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part =>
        part is RoutePatternParameterPart parameter ? $"{{{parameter.Name}}}" : ((RoutePatternLiteralPart)part).Content))));

    private static string TypeOf(RoutePattern pattern, RoutePatternParameterPart parameter) =>
        pattern.ParameterPolicies.TryGetValue(parameter.Name, out var policies) && policies.Any(policy => policy.Content == "long") ? "integer" : "string";

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
