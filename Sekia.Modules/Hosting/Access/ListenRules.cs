using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Hosting.Access;

/// <summary>What must hold for the addresses the host listens on, across sections.</summary>
internal static class ListenRules
{
    /// <summary>Where the second listener is configured, which serves webhooks only.</summary>
    public const string WebhooksKey = "Webhooks:Listen";

    private const string MainKey = $"{ServerOptions.Section}:{nameof(ServerOptions.Listen)}";
    private const string NamesKey = $"{ServerOptions.Section}:{nameof(ServerOptions.AllowedHosts)}";

    public static IEnumerable<SettingFault> FaultsIn(IConfiguration configuration, string contentRoot)
    {
        if (SocketPath.Of(configuration, contentRoot) is { } socket && SocketPath.FaultOf(socket) is { } tooLong)
        {
            yield return new SettingFault(SocketPath.Setting, tooLong);
        }

        var listen = configuration[MainKey] ?? new ServerOptions().Listen;
        var main = ListenAddress.Parse(listen).Address;
        if (!HasLogin(configuration.GetSection(WebCredentials.Section)) && !HasToken(configuration, contentRoot))
        {
            if (main is { IsLoopback: false })
            {
                yield return new SettingFault(
                    MainKey, NobodyCanCome($"'{listen}' can be reached from other machines", "listen on this machine only, on \"127.0.0.1:7600\""));
            }

            if (FurtherName(configuration) is { } name)
            {
                yield return new SettingFault(NamesKey, NobodyCanCome($"'{name}' is a name for callers from elsewhere", "leave it out"));
            }
        }

        if (configuration[WebhooksKey] is { Length: > 0 } second)
        {
            var (webhooks, fault) = ListenAddress.Parse(second);
            fault ??= webhooks!.Port == main?.Port && webhooks.Port != 0 ? $"'{second}' has the port of {MainKey}. Choose another." : null;
            if (fault is not null)
            {
                yield return new SettingFault(WebhooksKey, fault);
            }
        }
    }

    /// <summary>The addresses as they are set, each with its setting.</summary>
    public static string Addresses(IConfiguration configuration) => string.Join(
        " or ",
        new[] { (Address: configuration[MainKey] ?? new ServerOptions().Listen, Key: MainKey), (Address: configuration[WebhooksKey], Key: WebhooksKey) }
            .Where(listener => listener.Address is { Length: > 0 })
            .Select(listener => $"{listener.Address} ({listener.Key})"));

    /// <summary>A name that leads here from elsewhere, if there is one.</summary>
    private static string? FurtherName(IConfiguration configuration)
    {
        var options = (ServerOptions)new OptionsReader().ReadObject(typeof(ServerOptions), configuration.GetSection(ServerOptions.Section), []);
        return options.AllowedHosts.FirstOrDefault(allowed => !ThisMachine.IsName(HostCheck.NameOf(allowed)));
    }

    /// <summary>Half a login counts here: that the other half is missing is reported by the login itself.</summary>
    private static bool HasLogin(IConfigurationSection login) =>
        !string.IsNullOrEmpty(login[nameof(WebCredentials.Username)]) || !string.IsNullOrEmpty(login[nameof(WebCredentials.Password)]);

    private static bool HasToken(IConfiguration configuration, string contentRoot)
    {
        try
        {
            return TokenFile.Of(configuration, contentRoot).List().Count > 0;
        }
        catch (InvalidDataException)
        {
            // What cannot be read lets nobody in.
            return false;
        }
    }

    /// <summary>Whoever can connect can send commands in the team's name: beyond this machine that takes a login or a token.</summary>
    private static string NobodyCanCome(string opening, string otherwise) =>
        $$"""
        {{opening}}, and no login is set and no token created. Add to {{SettingsFiles.FileName}}
              "Dashboard": { "Username": "<name>", "Password": "<password>" }
            or set SEKIA_WEB_USERNAME and SEKIA_WEB_PASSWORD, or {{otherwise}}.
            For programs alone, create a token: sekia token create --role operate --name <name>
            For webhooks alone, let them come to an address of their own: set {{WebhooksKey}}.
        """;
}
