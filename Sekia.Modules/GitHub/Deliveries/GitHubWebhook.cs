using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.GitHub.Healing;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;
using Sekia.Modules.Journal;
using Sekia.Modules.Security;

namespace Sekia.Modules.GitHub.Deliveries;

/// <summary>Takes GitHub's webhook deliveries in. GitHub gets its 200 when the event is on disk.</summary>
internal sealed partial class GitHubWebhook(
    AgentRegistry registry, EventBus bus, LiveOptions<JournalOptions> journal, UnsignedDeliveries unsigned, ILogger<GitHubWebhook> logger)
{
    /// <summary>GitHub sends no delivery that is larger.</summary>
    public const int MaxDeliveryBytes = 25 << 20;

    private const string SignatureHeader = "X-Hub-Signature-256";
    private const string KindHeader = "X-GitHub-Event";
    private const string IdHeader = "X-GitHub-Delivery";

    public Task<IResult> ReceiveAsync(string agent, HttpRequest request, CancellationToken cancellationToken) =>
        registry.Find(agent) is { Settings: GitHubOptions options } entry
            ? ReceiveAsync(new GitHubAccount(entry, options), request, cancellationToken)
            : Task.FromResult<IResult>(Refusal(
                StatusCodes.Status404NotFound, $"There is no GitHub account '{Excerpt.Of(agent)}' here. Accounts with names stand under GitHub:Instances and take their deliveries at /webhooks/github/<name>."));

    private async Task<IResult> ReceiveAsync(GitHubAccount account, HttpRequest request, CancellationToken cancellationToken)
    {
        byte[] signature = [];
        if (account.Secret is null)
        {
            if (!UnsignedDeliveries.IsFromHere(request.HttpContext))
            {
                return Refusal(StatusCodes.Status403Forbidden, NoSecret(account));
            }

            unsigned.Tell(account.Agent.Name, account.SecretSetting);
        }
        else if (HmacSignature.FaultOf(request.Headers[SignatureHeader], out signature) is { } fault)
        {
            return Unauthorized(account, fault);
        }

        if (await RequestBody.ReadAsync(request, MaxDeliveryBytes, cancellationToken) is not { } body)
        {
            return Refusal(StatusCodes.Status413PayloadTooLarge, $"The body is longer than the {MaxDeliveryBytes} bytes that a delivery of GitHub can have.");
        }

        return account.Secret is { } secret && !HmacSignature.Matches(signature, body, secret)
            ? Unauthorized(account, "does not fit the body")
            : await TakeAsync(account, request, body, cancellationToken);
    }

    /// <summary>What was sent is GitHub's from here on.</summary>
    private async Task<IResult> TakeAsync(GitHubAccount account, HttpRequest request, byte[] body, CancellationToken cancellationToken)
    {
        if (request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return Refusal(StatusCodes.Status415UnsupportedMediaType, "The body is compressed; GitHub sends it as it is, without Content-Encoding.");
        }

        var kinds = request.Headers[KindHeader];
        if (kinds.Count != 1 || string.IsNullOrWhiteSpace(kinds[0]))
        {
            return Refusal(StatusCodes.Status400BadRequest, $"The header {KindHeader}, which says what the delivery is about, must be there once.");
        }

        if (request.Headers[IdHeader].Count > 1)
        {
            return Refusal(StatusCodes.Status400BadRequest, $"The header {IdHeader}, by which a redelivery is known, is there more than once.");
        }

        if (DeliveryBody.FaultOf(request, body, out var json) is { } fault)
        {
            return Refusal(StatusCodes.Status400BadRequest, fault);
        }

        using var delivery = JsonDocument.Parse(json);
        if (DeliveryMapping.Find(kinds[0]!, delivery.RootElement) is { } mapping)
        {
            using var payload = new DeliveryPayload(journal.Current.MaxPayloadBytes);
            mapping.Write(payload, delivery.RootElement);
            var id = request.Headers[IdHeader].ToString().Trim();
            if (registry.Find(Healer.NameFor(account.Agent.Name))?.Agent is Healer healer && healer.HasAskedFor(id))
            {
                payload.Flag("healed");
            }

            var key = FactKey.Of(kinds[0]!, delivery.RootElement) ?? id;
            return await PublishAsync(account, mapping.Type, payload, key, cancellationToken);
        }

        account.Agent.CountIgnored();
        if (logger.IsEnabled(LogLevel.Debug))
        {
            var (kind, action) = (Excerpt.Of(kinds[0]!), Excerpt.Of(delivery.RootElement.At("action").Text()));
            LogIgnored(account.Agent.Name, kind, action);
        }

        return TypedResults.Json(new Ignored("ignored"));
    }

    private async Task<IResult> PublishAsync(GitHubAccount account, string type, DeliveryPayload payload, string key, CancellationToken cancellationToken)
    {
        if (!account.IsMain)
        {
            payload.Name("agent", account.Agent.Name);
        }

        var accepted = await bus.PublishAsync(
            new Event
            {
                Subject = Subject.OfEvents(GitHubAccount.MainSource),
                Type = type,
                Source = account.Source,
                Key = key.Length == 0 ? null : account.KeyOf(key),
                Payload = payload.End(),
            },
            cancellationToken);
        if (!accepted.Duplicate)
        {
            account.Agent.CountEvents(1);
        }

        return TypedResults.Json(new Receipt("accepted", accepted.Id, accepted.Seq, accepted.Duplicate));
    }

    private static string NoSecret(GitHubAccount account) =>
        $"{account.Agent.Name} has no secret to check signatures with, and takes deliveries from this machine only, at the main address and not through a tunnel or a proxy. "
            + $"Set {account.SecretSetting} to the secret of the webhook{EnvironmentNames.Alternative(account.SecretSetting)}.";

    private static ProblemHttpResult Unauthorized(GitHubAccount account, string fault) => Refusal(
        StatusCodes.Status401Unauthorized,
        $"The header {SignatureHeader} {fault}. Set the secret of the webhook at GitHub to that in {account.SecretSetting}.");

    private static ProblemHttpResult Refusal(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Agent} ignored a delivery of kind '{Kind}' with action '{Action}', which is no event here")]
    private partial void LogIgnored(string agent, string kind, string action);

    /// <summary>What GitHub gets for a delivery that is no event.</summary>
    private sealed record Ignored([property: JsonPropertyName("status")] string Status);

    /// <summary>What GitHub gets for one that is.</summary>
    private sealed record Receipt(
        [property: JsonPropertyName("status")] string Status,
        [property: JsonPropertyName("id")] string Id,
        [property: JsonPropertyName("seq")] long Seq,
        [property: JsonPropertyName("duplicate")] bool Duplicate);
}
