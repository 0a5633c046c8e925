using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Api;

/// <summary>How answers are written: snake_case, nothing escaped that need not be.</summary>
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(NewestEvents))]
[JsonSerializable(typeof(CommandPage))]
[JsonSerializable(typeof(CommandView))]
[JsonSerializable(typeof(AgentList))]
[JsonSerializable(typeof(AgentView))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(ReloadRequested))]
[JsonSerializable(typeof(WorkflowList))]
[JsonSerializable(typeof(WorkflowView))]
[JsonSerializable(typeof(WorkflowDetails))]
[JsonSerializable(typeof(Reloaded))]
[JsonSerializable(typeof(Counted))]
[JsonSerializable(typeof(RunPage))]
[JsonSerializable(typeof(WhyView))]
[JsonSerializable(typeof(ReplayView))]
[JsonSerializable(typeof(StreamGap))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    public static ApiJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = JsonText.MaxAnswerDepth,
    });

    public static JsonHttpResult<T> Answer<T>(T value, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(value, Readable, statusCode: status);

    public static ProblemHttpResult Refusal(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}

/// <summary>What was accepted.</summary>
public sealed record Receipt(string Id, long Seq, bool Duplicate);
