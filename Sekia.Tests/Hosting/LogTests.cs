using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting.Settings;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed partial class LogTests : IDisposable
{
    private const string Secret = "s3cr3t \"word\"";
    private readonly TemporaryFolder _root = new();

    [Fact]
    public async Task No_secret_reaches_the_log()
    {
        _root.Write("appsettings.json", $$"""{ "Sample": { "Token": {{System.Text.Json.JsonSerializer.Serialize(Secret)}} } }""");
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        var logger = Logger(host);

        var failure = new InvalidOperationException($"exception {Secret}", new IOException($"inner {Secret}"));
        var address = $"https://x/?token={Uri.EscapeDataString(Secret)}";
        LogText(logger, "message " + Secret, failure);
        LogText(logger, address, null);

        var log = _root.Log();
        Assert.Contains("message ***", log, StringComparison.Ordinal);
        Assert.Contains("exception ***", log, StringComparison.Ordinal);
        Assert.Contains("inner ***", log, StringComparison.Ordinal);
        Assert.Contains("token=***", log, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_a_reload_brings_is_masked_and_so_is_the_old_one()
    {
        _root.Write("appsettings.json", """{ "Sample": { "Token": "old-token" } }""");
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        _root.Write("appsettings.json", """{ "Sample": { "Token": "new-token" } }""");
        host.Services.GetRequiredService<SettingsReload>().Reload();

        LogText(Logger(host), "first old-token, then new-token", null);

        Assert.Contains("first ***, then ***", _root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_of_a_module_that_is_not_there_is_masked_when_it_comes_by_its_environment_name()
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule(), new GitHubInName()], "GitHub:Enabled=false", "GitHub:Token=ghp_0123456789");

        LogText(Logger(host), "sent with ghp_0123456789", null);

        Assert.Contains("sent with ***", _root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debug_is_written_only_where_it_is_asked_for()
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()], "Logging:LogLevel:Asked=Debug");
        var factory = host.Services.GetRequiredService<ILoggerFactory>();
        var asked = factory.CreateLogger("Asked.For");
        var other = factory.CreateLogger("Other");

        LogDetail(asked, "wanted");
        LogDetail(other, "unwanted");

        Assert.Contains("DBG Asked.For wanted", _root.Log(), StringComparison.Ordinal);
        Assert.DoesNotContain("unwanted", _root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_leaves_no_line_in_the_log()
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        LogText(Logger(host), "before", null);
        var before = _root.Log();

        using var answer = await host.Client().GetAsync("/sample");

        Assert.Equal(before, _root.Log());
    }

    public void Dispose() => _root.Dispose();

    private static ILogger Logger(ModuleHost host) => host.Services.GetRequiredService<ILogger<LogTests>>();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Text}")]
    private static partial void LogText(ILogger logger, string text, Exception? exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Text}")]
    private static partial void LogDetail(ILogger logger, string text);

    private sealed class GitHubInName : Sekia.Modules.IModule
    {
        public string Name => "GitHub";

        public void AddServices(IServiceCollection services, Microsoft.Extensions.Configuration.IConfigurationSection section)
        {
        }
    }
}
