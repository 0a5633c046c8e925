using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting.Settings;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class EnvironmentNamesTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Theory]
    [InlineData("GITHUB_TOKEN", "GitHub:Token")]
    [InlineData("SEKIA_COMMAND_SECRET", "Security:CommandSecret")]
    [InlineData("SEKIA_WEB_USERNAME", "Dashboard:Username")]
    [InlineData("SEKIA_AI_API_KEY", "Ai:ApiKey")]
    [InlineData("SEKIA_WORKFLOWS_HANDLER_TIMEOUT", "Workflows:HandlerTimeout")]
    public void A_documented_name_gives_its_setting(string name, string key)
    {
        Assert.Equal("given", Read(new() { [name] = "given" })[key]);
    }

    [Fact]
    public void An_empty_variable_counts_as_not_set()
    {
        Assert.Null(Read(new() { ["GITHUB_TOKEN"] = "" })["GitHub:Token"]);
    }

    [Fact]
    public void Names_and_keys_are_unique()
    {
        Assert.Distinct(EnvironmentNames.All.Select(row => row.Name));
        Assert.Distinct(EnvironmentNames.All.Select(row => row.Key));
    }

    [Fact]
    public async Task The_name_wins_over_the_file_and_is_named_in_a_fault()
    {
        _root.Write("appsettings.json", """{ "Host": { "Listen": "127.0.0.1:0" } }""");

        var (exitCode, _, error) = await SekiaProcess.RunAsync(_root, [], new Dictionary<string, string> { ["SEKIA_WEB_LISTEN"] = "nowhere" });

        Assert.Equal(1, exitCode);
        Assert.Contains("Host:Listen (environment variable SEKIA_WEB_LISTEN): 'nowhere' names no port.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_form_with_section_and_key_wins_over_the_name()
    {
        var (exitCode, _, error) = await SekiaProcess.RunAsync(
            _root, [], new Dictionary<string, string> { ["SEKIA_WEB_LISTEN"] = "127.0.0.1:0", ["Host__Listen"] = "elsewhere" });

        Assert.Equal(1, exitCode);
        Assert.Contains("Host:Listen (environment variable Host__Listen): 'elsewhere' names no port.", error, StringComparison.Ordinal);
    }

    public void Dispose() => _root.Dispose();

    private static IConfigurationRoot Read(Dictionary<string, string?> environment) => new ConfigurationBuilder()
        .Add(new EnvironmentNamesSource(new ConfigurationBuilder().AddInMemoryCollection(environment).Build()))
        .Build();
}
