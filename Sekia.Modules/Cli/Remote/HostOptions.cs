using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net.Http.Headers;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Cli.Remote;

/// <summary>What every command that asks a running host takes: where it is, and how to show the answer.</summary>
internal sealed class HostOptions
{
    private readonly string[] _settings;

    /// <param name="settings">Settings that were given as arguments.</param>
    public HostOptions(string[] settings) => _settings = settings;

    public Option<Uri?> Url { get; } = new("--url") { Description = "Where Sekia runs; otherwise where the settings say that it listens.", CustomParser = ReadAddress, Recursive = true };

    public Option<string?> Socket { get; } = new("--socket") { Description = "The Unix socket that Sekia listens on, instead of an address.", HelpName = "path", Recursive = true };

    public Option<bool> Json { get; } = new("--json") { Description = "Print the answer as JSON.", Recursive = true };

    /// <exception cref="StartFailedException">The settings name no address.</exception>
    public HostClient Connect(ParseResult parsed)
    {
        var settings = Settings();
        return new HostClient(parsed.GetValue(Url) ?? AddressIn(settings), parsed.GetValue(Socket), settings);
    }

    /// <summary>Where the host is, and what to show there, if there is anything.</summary>
    /// <exception cref="StartFailedException">The settings name no address.</exception>
    public (Uri Address, AuthenticationHeaderValue? Login) Target(ParseResult parsed)
    {
        var settings = Settings();
        return (parsed.GetValue(Url) ?? AddressIn(settings), HostClient.LoginIn(settings));
    }

    /// <summary>Where to find the host that has these settings: what listens on every interface does so on this machine too.</summary>
    /// <exception cref="StartFailedException">They name no address.</exception>
    public static Uri AddressIn(IConfiguration settings)
    {
        var (address, fault) = ListenAddress.Parse(settings[$"{ServerOptions.Section}:{nameof(ServerOptions.Listen)}"] ?? new ServerOptions().Listen);
        return address is null
            ? throw new StartFailedException($"Host:Listen: {fault}")
            : new Uri((address.Interface is null ? address with { Host = "127.0.0.1" } : address).ToString());
    }

    /// <summary>The settings as a host started here with the same arguments would have them.</summary>
    public ConfigurationManager Settings()
    {
        var settings = new ConfigurationManager();
        settings.AddSekiaSettings(Path.GetFullPath("."), _settings);
        return settings;
    }

    private static Uri? ReadAddress(ArgumentResult given)
    {
        if (Uri.TryCreate(given.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https"))
        {
            return address;
        }

        given.AddError("--url takes an address such as http://127.0.0.1:7600.");
        return null;
    }
}
