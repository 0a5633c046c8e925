using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net.Http.Headers;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Cli.Remote;

/// <summary>What the commands that ask a running host take: where it is, and how to show the answer.</summary>
internal sealed class HostOptions
{
    private readonly string[] _settings;

    /// <param name="settings">Settings that were given as arguments.</param>
    public HostOptions(string[] settings) => _settings = settings;

    public Option<Uri?> Url { get; } = new("--url") { Description = "Where Sekia runs; otherwise where the settings say that it listens.", HelpName = "address", CustomParser = ReadAddress };

    public Option<string?> Socket { get; } = new("--socket") { Description = "The Unix socket that Sekia listens on; otherwise that of the settings, where there is one.", HelpName = "path" };

    public Option<bool> Json { get; } = new("--json") { Description = "Print the answer as JSON." };

    /// <summary>A client of the host. What is wrong with the file of the settings is told on standard error, and it is done without.</summary>
    /// <exception cref="HostFaultException">Both places are named.</exception>
    /// <exception cref="StartFailedException">The settings name no address.</exception>
    public HostClient Connect(ParseResult parsed)
    {
        var settings = ReadableSettings(parsed.InvocationConfiguration.Error);
        return new HostClient(PlaceOf(parsed, settings), settings);
    }

    /// <summary>Where the host is, and what to show there, if there is anything.</summary>
    /// <inheritdoc cref="Connect"/>
    public (HostPlace Place, AuthenticationHeaderValue? Login) Target(ParseResult parsed)
    {
        var settings = ReadableSettings(parsed.InvocationConfiguration.Error);
        return (PlaceOf(parsed, settings), HostClient.LoginIn(settings));
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

    /// <summary>A host runs with what it has read: a file that has been broken since must keep nobody from asking it.</summary>
    private ConfigurationManager ReadableSettings(TextWriter error)
    {
        var settings = new ConfigurationManager();
        if (settings.AddReadableSettings(Path.GetFullPath("."), _settings) is { } fault)
        {
            error.WriteLine(PlainText.OfLines($"{fault} Sekia is looked for without this file."));
        }

        return settings;
    }

    private HostPlace PlaceOf(ParseResult parsed, IConfiguration settings) => (parsed.GetValue(Url), parsed.GetValue(Socket)) switch
    {
        (not null, not null) => throw new HostFaultException("--url and --socket name two places. Give one of them.", HostFaultException.Refused),
        ({ } url, null) => HostPlace.At(url),
        (null, { } socket) => HostPlace.On(socket),
        _ => new HostPlace(AddressIn(settings), SocketPath.Of(settings, Path.GetFullPath(".")), OnlySocket: false),
    };

    private static Uri? ReadAddress(ArgumentResult given)
    {
        const string Example = "an address such as http://127.0.0.1:7600";
        if (!Uri.TryCreate(given.Tokens[0].Value, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            given.AddError($"--url takes {Example}, and not '{given.Tokens[0].Value}'.");
        }
        else if (address.UserInfo.Length > 0)
        {
            // Without the address, which has a password in it.
            given.AddError($"--url takes no login. Set {HostClient.TokenVariable} to a token that `sekia token create` has made, or the login as the settings have it.");
        }
        else if (address.PathAndQuery != "/" || address.Fragment.Length > 0)
        {
            given.AddError($"--url takes {Example}, without '{address.PathAndQuery}{address.Fragment}': Sekia is always at the root of its address.");
        }

        return address;
    }
}
