using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary><c>/web/settings</c>: what is in effect, where it comes from, and the button that reads it again.</summary>
internal static class SettingsRoutes
{
    public static void Map(IEndpointRouteBuilder web)
    {
        web.MapPage("/settings", "The settings in effect, and the tokens", _ => Page.Of<SettingsPage>());
        web.MapAction("/settings/reload", "Reads the settings again", ReloadAsync);
    }

    private static Task<Notice> ReloadAsync(HttpContext context, IFormCollection form)
    {
        var (isTaken, text) = context.RequestServices.GetRequiredService<SettingsReload>().Reload();
        return Task.FromResult(new Notice(text, IsRefusal: !isTaken));
    }
}
