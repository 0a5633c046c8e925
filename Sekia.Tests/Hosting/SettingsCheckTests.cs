using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class SettingsCheckTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public static TheoryData<string, string> Faults => new()
    {
        { """{ "Sample": { "Titel": "x" } }""", "Sample:Titel (appsettings.json): there is no such setting. Did you mean 'Title'?" },
        { """{ "Sample": { "Zzz": 1 } }""", "Sample:Zzz (appsettings.json): there is no such setting." },
        { """{ "Smaple": { "Title": "x" } }""", "Smaple (appsettings.json): there is no such section. Did you mean 'Sample'?" },
        { """{ "Zzz": 1 }""", "Zzz (appsettings.json): there is no such section." },
        { """{ "Sample": "on" }""", "Sample (appsettings.json): must hold further settings, not a single value." },
        { """{ "Sample": { "Size": "many" } }""", "Sample:Size (appsettings.json): must be a whole number, for example 10, not 'many'." },
        { """{ "Sample": { "Size": 99999999999 } }""", "Sample:Size (appsettings.json): must be a whole number" },
        { """{ "Sample": { "Share": "half" } }""", "Sample:Share (appsettings.json): must be a number, for example 0.5, not 'half'." },
        { """{ "Sample": { "Interval": "soon" } }""", """Sample:Interval (appsettings.json): must be a duration, for example "00:00:30" (hours:minutes:seconds) or "30s", not 'soon'.""" },
        { """{ "Sample": { "Interval": 30 } }""", "Sample:Interval (appsettings.json): must be a duration" },
        { """{ "Sample": { "Colour": "Blue" } }""", "Sample:Colour (appsettings.json): must be one of Red, Green, not 'Blue'." },
        { """{ "Sample": { "Colour": 1 } }""", "Sample:Colour (appsettings.json): must be one of Red, Green, not '1'." },
        { """{ "Sample": { "Address": "nowhere" } }""", "Sample:Address (appsettings.json): must be an absolute address" },
        { """{ "Sample": { "Loud": "maybe" } }""", "Sample:Loud (appsettings.json): must be true or false, not 'maybe'." },
        { """{ "Sample": { "Enabled": "perhaps" } }""", "Sample:Enabled (appsettings.json): must be true or false, not 'perhaps'." },
        { """{ "Sample": { "Size": { "a": 1 } } }""", "Sample:Size (appsettings.json): must be a whole number, for example 10, not an object or a list." },
        { """{ "Sample": { "Inner": 5 } }""", "Sample:Inner (appsettings.json): must hold further settings, not a single value." },
        { """{ "Sample": { "Limit": 0 } }""", "Sample:Limit (appsettings.json): must be between 1 and 100." },
        { """{ "Sample": { "Title": "" } }""", "Sample:Title (appsettings.json): is missing. Set it to a text." },
        { """{ "Sample": { "Size": 11 } }""", "Sample:Size (appsettings.json): must not be larger than Limit." },
        { """{ "Sample": { "Inner": { "Dept": 1 } } }""", "Sample:Inner:Dept (appsettings.json): there is no such setting. Did you mean 'Depth'?" },
        { """{ "Sample": { "Inner": { "Depth": 11 } } }""", "Sample:Inner:Depth (appsettings.json): must be between 0 and 10." },
        { """{ "Sample": { "Parts": [ {}, { "Depth": 11 } ] } }""", "Sample:Parts:1:Depth (appsettings.json): must be between 0 and 10." },
        { """{ "Sample": { "Rooms": { "attic": { "Depth": "x" } } } }""", "Sample:Rooms:attic:Depth (appsettings.json): must be a whole number" },
        { """{ "Sample": { "Numbers": [ 1, "two" ] } }""", "Sample:Numbers:1 (appsettings.json): must be a whole number, for example 10, not 'two'." },
        { """{ "Dashboard": { "Username": "ann" } }""", "Dashboard:Password: is missing: a login is a username and a password. Set it, or set the environment variable SEKIA_WEB_PASSWORD." },
        { """{ "Dashboard": { "Password": "hidden" } }""", "Dashboard:Username: is missing" },
        { """{ "Host": { "AllowedHosts": ["sekia.example.com:8080"] } }""", "Host:AllowedHosts (appsettings.json): 'sekia.example.com:8080' is neither a name nor an address." },
        { """{ "Logs": { "KeepFiles": 0 } }""", "Logs:KeepFiles (appsettings.json): must be between 1 and 10000." },
        { "{\n  \"Sample\": {\n    \"Title\" 1\n  }\n}", "appsettings.json, line 3: it is not valid JSON" },
        { """{ "Sample": { "Title": "a", "title": "b" } }""", "appsettings.json: A duplicate key 'Sample:title' was found." },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_faulty_setting_stops_the_start_and_is_named(string json, string expected)
    {
        _root.Write("appsettings.json", json);

        var failure = Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [new SampleModule()]));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("Sekia cannot start", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_listed_at_once()
    {
        _root.Write("appsettings.json", """{ "Sample": { "Titel": "x", "Limit": 0, "Interval": "soon" }, "Logs": { "KeepFiles": "x" } }""");

        var failure = Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [new SampleModule()], "Smple:Size=1"));

        Assert.StartsWith("Sekia cannot start: 5 settings are wrong.", failure.Message, StringComparison.Ordinal);
        Assert.All(["Sample:Titel", "Sample:Limit", "Sample:Interval", "Logs:KeepFiles", "Smple (command line --Smple)"], key => Assert.Contains($"- {key}", failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_faulty_secret_is_not_repeated()
    {
        _root.Write("appsettings.json", """{ "Sample": { "Pin": "hunter2" } }""");

        var failure = Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [new SampleModule()]));

        Assert.Contains("Sample:Pin (appsettings.json): must be a whole number, for example 10.", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Good_settings_of_every_kind_are_read()
    {
        _root.Write("appsettings.json", """
            {
              // Comments and trailing commas are fine.
              "$schema": "x",
              "Sample": {
                "Token": "t", "Title": "a title", "Limit": 7, "Share": 0.25, "Interval": "1m30s", "Colour": "green", "Loud": "1", "Maybe": "",
                "Address": "https://example.com/", "Inner": { "Depth": 3 }, "Names": ["a", "b"], "Numbers": [1, 2], "Parts": [{ "Depth": 1 }],
                "Rooms": { "attic": { "Open": true } }, "Instances": { "anything": { "goes": "here" } },
              },
            }
            """);

        await using var app = ModuleHost.Build(_root, [new SampleModule()], "Sample:Limit=8");
        var options = app.Services.GetRequiredService<LiveOptions<SampleOptions>>().Current;

        Assert.Equal(("a title", 8, 0.25, TimeSpan.FromSeconds(90)), (options.Title, options.Limit, options.Share, options.Interval));
        Assert.Equal((SampleColour.Green, true, null, 3), (options.Colour, options.Loud, options.Maybe, options.Inner.Depth));
        Assert.Equal(["a", "b"], options.Names);
        Assert.Equal([1, 2], options.Numbers);
        Assert.Equal(1, Assert.Single(options.Parts).Depth);
        Assert.True(options.Rooms["Attic"].Open);
    }

    [Fact]
    public async Task A_list_may_be_one_text_with_commas()
    {
        await using var app = ModuleHost.Build(_root, [new SampleModule()], "Sample:Names=a, b");

        Assert.Equal(["a", "b"], app.Services.GetRequiredService<LiveOptions<SampleOptions>>().Current.Names);
    }

    [Fact]
    public async Task A_module_that_is_off_is_not_checked_and_not_there()
    {
        _root.Write("appsettings.json", """{ "Sample": { "Enabled": false, "Titel": "x", "Limit": 0 } }""");

        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        using var answer = await host.Client().GetAsync("/sample");

        Assert.Equal(System.Net.HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Null(host.Services.GetService<LiveOptions<SampleOptions>>());
    }

    public void Dispose() => _root.Dispose();
}
