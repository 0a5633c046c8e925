using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Api;

/// <summary><c>/api/v1/config</c>: the settings as they are in effect, and where each was made.</summary>
internal static class ConfigApi
{
    public static void Map(IEndpointRouteBuilder api) => api
        .MapGet("/config", (SettingsCheck check, ConfigurationManager configuration) => SettingsJson.Answer(EffectiveSettings.Of(check, configuration, SekiaServer.LogLevels)))
        .WithMetadata(new RouteDescription("Lists the settings in effect, without secrets, and where each was made") { Answer = SettingsJson.Readable.SettingsView });
}
