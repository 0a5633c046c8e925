using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Marks connections of the second listener, which a tunnel may lead to from anywhere: it serves webhooks and nothing else.</summary>
internal sealed class WebhooksOnly
{
    private WebhooksOnly()
    {
    }

    /// <summary>Connections are marked where they come in; a port in a header or an address could be made up.</summary>
    public static void Mark(ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Features.Set(new WebhooksOnly());
        return next(connection);
    });

    public static bool Covers(HttpContext context) => context.Features.Get<WebhooksOnly>() is not null;

    /// <summary>Whether the path belongs to a webhook. Their senders prove themselves by a signature, not by a login.</summary>
    public static bool IsWebhook(PathString path) =>
        path.StartsWithSegments("/webhooks", out var rest) ? rest.Value is { Length: > 1 } : path.Equals("/webhook", StringComparison.OrdinalIgnoreCase);
}
