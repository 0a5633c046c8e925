using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Security;

namespace Sekia.Modules.Webhooks;

/// <summary>Takes webhooks in. The sender gets its 202 when the event is on disk.</summary>
internal sealed class WebhookEndpoint(LiveOptions<WebhooksOptions> options, EventBus bus, AgentRegistry registry)
{
    private const string Source = "webhook";
    private const string IdempotencyKey = "Idempotency-Key";
    private const int MaxBodyDepth = JsonText.MaxDepth - WebhookPayload.Depth;

    public async Task<IResult> ReceiveAsync(string name, HttpRequest request, CancellationToken cancellationToken)
    {
        var settings = options.Current;
        var (hookName, hook) = settings.Find(name);
        if (FaultOfName(hookName, known: hook is not null, settings.RequireKnown) is { } noSuchHook)
        {
            return noSuchHook;
        }

        byte[] signature = [];
        if (hook?.Secret is not null && HmacSignature.FaultOf(request.Headers[hook.SignatureHeader], out signature) is { } fault)
        {
            return Unauthorized(hookName, hook, fault);
        }

        if (await RequestBody.ReadAsync(request, settings.MaxBodyBytes, cancellationToken) is not { } body)
        {
            return Refusal(StatusCodes.Status413PayloadTooLarge, $"The body is longer than the {settings.MaxBodyBytes} bytes that a webhook may have (Webhooks:MaxBodyBytes).");
        }

        if (hook?.Secret is { } secret && !HmacSignature.Matches(signature, body, secret))
        {
            return Unauthorized(hookName, hook, "does not fit the body");
        }

        if (FaultOfBody(request, body) is { } faultyBody)
        {
            return faultyBody;
        }

        return await PublishAsync(hookName, hook, request, body, cancellationToken);
    }

    private async Task<JsonHttpResult<Receipt>> PublishAsync(string name, HookOptions? hook, HttpRequest request, byte[] body, CancellationToken cancellationToken)
    {
        var id = IdOf(request, hook);
        var accepted = await bus.PublishAsync(
            new Event
            {
                Subject = Subject.OfEvents(Source),
                Type = "webhook.received",
                Source = Source,
                Key = id.Length == 0 ? null : $"{name}:{id}",
                Payload = WebhookPayload.Write(name, request, hook?.SignatureHeader, body),
            },
            cancellationToken);
        if (!accepted.Duplicate)
        {
            registry.Find(WebhookAgent.AgentName)?.CountEvents(1);
        }

        return TypedResults.Json(new Receipt(accepted.Id, accepted.Seq, accepted.Duplicate), statusCode: StatusCodes.Status202Accepted);
    }

    /// <summary>The sender's id of this delivery: from the header set for this webhook, else from <c>Idempotency-Key</c>; empty when there is none.</summary>
    private static string IdOf(HttpRequest request, HookOptions? hook)
    {
        var own = hook?.IdHeader is { } header ? request.Headers[header] : StringValues.Empty;
        return (StringValues.IsNullOrEmpty(own) ? request.Headers[IdempotencyKey] : own).ToString().Trim();
    }

    private static ProblemHttpResult? FaultOfName(string name, bool known, bool requireKnown)
    {
        if (WebhookName.FaultOf(name) is { } fault)
        {
            return Refusal(StatusCodes.Status400BadRequest, $"There can be no such webhook: {fault}.");
        }

        return requireKnown && !known
            ? Refusal(StatusCodes.Status404NotFound, $"There is no webhook '{name}'. Add it under Webhooks:Hooks, or set Webhooks:RequireKnown to false.")
            : null;
    }

    private static ProblemHttpResult? FaultOfBody(HttpRequest request, byte[] body)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return Refusal(StatusCodes.Status415UnsupportedMediaType, "The body is compressed; send it as plain JSON, without Content-Encoding.");
        }

        if (body.Length == 0 || JsonText.FaultOfValue(body, MaxBodyDepth) is not { } fault)
        {
            return null;
        }

        // What a sender calls its body matters only when it is not JSON: many send JSON as text or as a form.
        return request.ContentType is null || request.ContentType.Contains("json", StringComparison.OrdinalIgnoreCase)
            ? Refusal(StatusCodes.Status400BadRequest, $"The body is not taken: {fault}.")
            : Refusal(StatusCodes.Status415UnsupportedMediaType, $"The body must be JSON, and it is not: {fault}. Let the sender send {HeaderNames.ContentType}: application/json.");
    }

    private static ProblemHttpResult Unauthorized(string name, HookOptions hook, string fault) => Refusal(
        StatusCodes.Status401Unauthorized,
        $"The header {hook.SignatureHeader} {fault}. Webhook '{name}' is signed: send in it 'sha256=' and the HMAC-SHA256 of the raw body in hexadecimal digits, "
            + "made with the secret that is set here, over the very bytes that are sent.");

    private static ProblemHttpResult Refusal(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    /// <summary>What the sender gets.</summary>
    private sealed record Receipt(
        [property: JsonPropertyName("id")] string Id,
        [property: JsonPropertyName("seq")] long Seq,
        [property: JsonPropertyName("duplicate")] bool Duplicate);
}
