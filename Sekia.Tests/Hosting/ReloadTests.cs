using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class ReloadTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder _root = new();
    private ModuleHost _host = null!;

    private SampleOptions Current => _host.Services.GetRequiredService<LiveOptions<SampleOptions>>().Current;

    public async Task InitializeAsync()
    {
        _root.Write("appsettings.json", """{ "Sample": { "Limit": 5, "Size": 2, "Token": "old-token" } }""");
        _host = await ModuleHost.StartAsync(_root, [new BusModule(), new SampleModule()]);
    }

    [Fact]
    public void A_reloadable_setting_is_taken()
    {
        Reload("""{ "Sample": { "Limit": 6, "Size": 2, "Interval": "5s", "Token": "new-token" } }""");

        Assert.Equal((6, TimeSpan.FromSeconds(5), "new-token"), (Current.Limit, Current.Interval, Current.Token));
        Assert.Contains("Setting Sample:Limit changed and is in effect", _root.Log(), StringComparison.Ordinal);
        Assert.Contains("Setting Sample:Token changed and is in effect", _root.Log(), StringComparison.Ordinal);
        Assert.DoesNotContain("new-token", _root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_that_needs_a_restart_keeps_its_value_and_the_log_says_so()
    {
        Reload("""{ "Sample": { "Limit": 6, "Size": 3, "Token": "old-token", "Inner": { "Depth": 4, "Open": true }, "Names": ["x"] } }""");

        Assert.Equal((6, 2, 0, true), (Current.Limit, Current.Size, Current.Inner.Depth, Current.Inner.Open));
        Assert.Equal(["default"], Current.Names);
        Assert.All(
            ["Sample:Size", "Sample:Inner:Depth", "Sample:Names"],
            key => Assert.Contains($"Setting {key} changed and takes effect after a restart", _root.Log(), StringComparison.Ordinal));
        Assert.Contains("Setting Sample:Inner:Open changed and is in effect", _root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_waits_for_a_restart_is_named_until_it_is_as_it_was()
    {
        Assert.Empty(Pending());
        Reload("""{ "Sample": { "Limit": 6, "Size": 3, "Token": "old-token", "Inner": { "Depth": 4, "Open": true }, "Names": ["x"], "Instances": { "two": {} } } }""");
        Assert.Equal(["Sample:Inner:Depth", "Sample:Instances", "Sample:Names", "Sample:Size"], Pending());

        // Reading the same once more does not make it take effect.
        _host.Services.GetRequiredService<SettingsReload>().Reload();
        Reload("""{ "Sample": { "Limit": 0 } }""");
        Assert.Equal(["Sample:Inner:Depth", "Sample:Instances", "Sample:Names", "Sample:Size"], Pending());

        Reload("""{ "Sample": { "Limit": 6, "Size": 2, "Token": "other" } }""");
        Assert.Empty(Pending());
    }

    [Theory]
    [InlineData("""{ "Sample": { "Limit": 0, "Titel": "x" }, "Zzz": {} }""", "Sample:Limit", "Sample:Titel")]
    [InlineData("""{ "Sample": { "Limit": 7 """, "appsettings.json, line 1", "not valid JSON")]
    public void Faulty_settings_are_all_logged_and_the_last_good_ones_stay(string json, string firstFault, string secondFault)
    {
        Reload(json);

        Assert.Equal((5, "old-token"), (Current.Limit, Current.Token));
        Assert.Contains(firstFault, _root.Log(), StringComparison.Ordinal);
        Assert.Contains(secondFault, _root.Log(), StringComparison.Ordinal);
        Assert.Equal("5", _host.Services.GetRequiredService<IConfiguration>()["Sample:Limit"]);
    }

    [Fact]
    public void After_faulty_settings_good_ones_are_taken_again()
    {
        Reload("""{ "Sample": { "Limit": 0 } }""");
        Reload("""{ "Sample": { "Limit": 9, "Size": 2 } }""");

        Assert.Equal(9, Current.Limit);
    }

    [Theory]
    [InlineData("sekia.config.reload")]
    [InlineData("sekia.config.reload.sekiad")]
    [InlineData("sekia.config.reload.github-agent")]
    public async Task A_message_on_the_bus_asks_for_a_reload(string subject)
    {
        var reloaded = Reloaded();
        _host.Services.GetRequiredService<LiveFeed>().Publish(new Message(subject, default));

        await reloaded.WaitAsync(s_limit);
    }

    [Fact]
    public async Task A_changed_file_is_read_by_itself()
    {
        var reloaded = Reloaded();
        _root.Write("appsettings.json", """{ "Sample": { "Limit": 8, "Size": 2 } }""");

        await reloaded.WaitAsync(s_limit);
        Assert.Equal(8, Current.Limit);
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_logged_and_the_next_change_is_taken()
    {
        // Changed by whoever has it open: as soon as it has changed, the host opens it by itself.
        using (var file = File.Open(_root.File("appsettings.json"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            file.SetLength(0);
            await file.WriteAsync("""{ "Sample": { "Limit": 8, "Size": 2 } }"""u8.ToArray());
            await file.FlushAsync();
            _host.Services.GetRequiredService<LiveFeed>().Publish(new Message("sekia.config.reload", default));
            await Eventually.HoldsAsync(() => _root.Log().Contains("appsettings.json cannot be read: ", StringComparison.Ordinal));
        }

        Assert.Contains("The last good settings stay.", _root.Log(), StringComparison.Ordinal);
        var reloaded = Reloaded();
        _host.Services.GetRequiredService<LiveFeed>().Publish(new Message("sekia.config.reload", default));
        await reloaded.WaitAsync(s_limit);
        Assert.Equal(8, Current.Limit);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _root.Dispose();

    private IReadOnlyList<string> Pending() =>
        EffectiveSettings.Of(_host.Services.GetRequiredService<SettingsCheck>(), _host.Services.GetRequiredService<ConfigurationManager>()).PendingRestart;

    private void Reload(string json)
    {
        _root.Write("appsettings.json", json);
        _host.Services.GetRequiredService<SettingsReload>().Reload();
    }

    private Task Reloaded()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Services.GetRequiredService<IConfiguration>().GetReloadToken().RegisterChangeCallback(_ => done.TrySetResult(), null);
        return done.Task;
    }
}
