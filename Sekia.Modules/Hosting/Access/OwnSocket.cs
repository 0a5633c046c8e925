using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Marks connections of the Unix socket. Who can open it is the user that the host runs as.</summary>
internal sealed class OwnSocket
{
    private OwnSocket()
    {
    }

    /// <inheritdoc cref="WebhooksOnly.Mark"/>
    public static void Mark(ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Features.Set(new OwnSocket());
        return next(connection);
    });

    public static bool Covers(HttpContext context) => context.Features.Get<OwnSocket>() is not null;
}
