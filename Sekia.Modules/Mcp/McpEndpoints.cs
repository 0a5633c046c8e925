using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Mcp;

/// <summary>
/// The three methods of <c>/mcp</c>, Streamable HTTP: POST brings a message, GET listens, DELETE ends the session. Refusals are JSON-RPC
/// errors, for that is what clients of this address read.
/// </summary>
internal static class McpEndpoints
{
    private const string SessionHeader = "Mcp-Session-Id";
    private const string VersionHeader = "MCP-Protocol-Version";
    private const string EventStream = "text/event-stream";

    /// <summary>Room for what stands around a payload, in bytes.</summary>
    private const int EnvelopeBytes = 64 * 1024;

    /// <summary>What official clients make of a session that is not there: a code of JSON-RPC's range for servers.</summary>
    private const int NoSession = -32001;
    private const int Refused = -32000;

    /// <summary>Those that have sessions; a client of a later one falls back to them.</summary>
    private static readonly string[] s_versions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

    private static readonly JsonTypeInfo<JsonRpcMessage> s_message =
        (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    public static void Map(IEndpointRouteBuilder routes)
    {
        // Not in the description of the API: what a message asks and answers is for MCP itself to tell, and not for the address.
        routes.MapPost("/mcp", (HttpContext context, McpSessions sessions, LiveOptions<JournalOptions> journal) => PostAsync(context, sessions, journal.Current.MaxPayloadBytes)).ExcludeFromDescription();
        routes.MapGet("/mcp", (HttpContext context, McpSessions sessions) => GetAsync(context, sessions)).ExcludeFromDescription();
        routes.MapDelete("/mcp", (HttpContext context, McpSessions sessions) => DeleteAsync(context, sessions)).ExcludeFromDescription();
    }

    private static async Task PostAsync(HttpContext context, McpSessions sessions, int payloadLimit)
    {
        if (FaultOfHeaders(context.Request, "application/json", EventStream) is { } fault)
        {
            await RefuseAsync(context, fault.Status, fault.Sentence);
            return;
        }

        if (await RequestBody.ReadAsync(context.Request, payloadLimit + EnvelopeBytes, context.RequestAborted) is not { } body)
        {
            await RefuseAsync(
                context, StatusCodes.Status413PayloadTooLarge, $"The body is too large; a message has at most {payloadLimit + EnvelopeBytes} bytes (Journal:MaxPayloadBytes, and some for what is around).");
            return;
        }

        var (messages, malformed) = McpBody.Parse(body);
        if (messages is null)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"The body is not a JSON-RPC message: {malformed}.", (int)McpErrorCode.ParseError);
            return;
        }

        if (await SessionOfAsync(context, sessions, messages) is not { } session)
        {
            return;
        }

        if (messages.FaultIn(session.Version) is { } refused)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, refused, (int)McpErrorCode.InvalidRequest);
            return;
        }

        context.Response.Headers[SessionHeader] = session.Id;
        BeginStream(context);
        try
        {
            // One after the other, which a list leaves to us: the answers go into one stream.
            var isAnswered = false;
            foreach (var message in messages.Messages)
            {
                isAnswered |= await session.TakeAsync(message, context);
            }

            if (!isAnswered)
            {
                context.Response.Headers.ContentType = default;
                context.Response.StatusCode = StatusCodes.Status202Accepted;
            }
        }
        catch (McpSessionEndedException)
        {
            await RefuseUnknownAsync(context);
        }
    }

    private static async Task GetAsync(HttpContext context, McpSessions sessions)
    {
        if (FaultOfHeaders(context.Request, EventStream) is { } fault)
        {
            await RefuseAsync(context, fault.Status, fault.Sentence);
        }
        else if (await ExistingAsync(context, sessions) is { } session)
        {
            context.Response.Headers[SessionHeader] = session.Id;
            BeginStream(context);
            if (HttpMethods.IsGet(context.Request.Method))
            {
                await session.ListenAsync(context);
            }
        }
    }

    private static async Task DeleteAsync(HttpContext context, McpSessions sessions)
    {
        if (FaultOfVersion(context.Request) is { } fault)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, fault);
        }
        else if (await ExistingAsync(context, sessions) is { } session)
        {
            await sessions.EndAsync(session.Id);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private static async Task<McpSession?> SessionOfAsync(HttpContext context, McpSessions sessions, McpBody messages)
    {
        if (!messages.IsInitialize || context.Request.Headers.ContainsKey(SessionHeader))
        {
            return await ExistingAsync(context, sessions);
        }

        try
        {
            return await sessions.OpenAsync(CallerOf(context));
        }
        catch (BadHttpRequestException full)
        {
            await RefuseAsync(context, full.StatusCode, full.Message);
            return null;
        }
    }

    private static async Task<McpSession?> ExistingAsync(HttpContext context, McpSessions sessions)
    {
        var id = context.Request.Headers[SessionHeader].ToString();
        if (id.Length == 0)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"The header {SessionHeader} is missing. A session begins with 'initialize', whose answer has it.");
            return null;
        }

        if (sessions.FindFor(CallerOf(context), id) is { } session)
        {
            return session;
        }

        await RefuseUnknownAsync(context);
        return null;
    }

    /// <summary>When the answer has begun already, it ends there: the client sees that nothing more comes.</summary>
    private static Task RefuseUnknownAsync(HttpContext context) => context.Response.HasStarted
        ? Task.CompletedTask
        : RefuseAsync(
            context, StatusCodes.Status404NotFound, "Session not found: it has ended, or the host was started anew, or another caller began it. Begin another with 'initialize'.", NoSession);

    private static Caller CallerOf(HttpContext context) => context.Features.GetRequiredFeature<Caller>();

    private static (int Status, string Sentence)? FaultOfHeaders(HttpRequest request, params ReadOnlySpan<string> accepted)
    {
        var accept = request.GetTypedHeaders().Accept;
        foreach (var type in accepted)
        {
            if (!accept.Any(range => range.MatchesMediaType(type)))
            {
                return (StatusCodes.Status406NotAcceptable, $"The header Accept must allow {string.Join(" and ", accepted.ToArray())}.");
            }
        }

        if (HttpMethods.IsPost(request.Method) && !request.HasJsonContentType())
        {
            return (StatusCodes.Status415UnsupportedMediaType, "The body must be JSON, and the header Content-Type must say so: application/json.");
        }

        return FaultOfVersion(request) is { } fault ? (StatusCodes.Status400BadRequest, fault) : null;
    }

    private static string? FaultOfVersion(HttpRequest request) =>
        request.Headers[VersionHeader].ToString() is { Length: > 0 } version && !s_versions.Contains(version)
            ? $"The header {VersionHeader} names a version that is not spoken here; those that are, are {string.Join(", ", s_versions)}."
            : null;

    /// <summary>Nothing on the way may hold back what is written.</summary>
    private static void BeginStream(HttpContext context)
    {
        context.Response.Headers.ContentType = EventStream;
        context.Response.Headers.CacheControl = "no-cache, no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
    }

    private static Task RefuseAsync(HttpContext context, int status, string sentence, int code = Refused) => Results.Json(
        new JsonRpcError { Error = new JsonRpcErrorDetail { Code = code, Message = sentence } }, s_message, statusCode: status).ExecuteAsync(context);
}
