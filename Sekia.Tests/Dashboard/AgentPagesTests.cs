using System.Text;
using Microsoft.Playwright;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Dashboard;

/// <summary>The pages of the agents, and the forms of their commands.</summary>
[Collection(BrowserTests.Name)]
public sealed class AgentPagesTests(Browser browser)
{
    private readonly FormAgent _agent = new();

    [Fact]
    public async Task The_list_and_one_agent_tell_how_they_are_doing()
    {
        await using var host = await StartAsync();
        await host.Get<CommandDispatcher>().SendAsync(new Command { Agent = "form-agent", Name = "fill", Source = "<b>test</b>", Payload = """{"owner":"ann","number":1}"""u8.ToArray() }, CancellationToken.None);
        await Eventually.HoldsAsync(() => _agent.Sent == 1);
        await using var page = await browser.OpenAsync(host.Address, "/web/agents");

        await page.Page.Locator("#agents tr:has-text('github-agent'):has-text('dry run')").WaitForAsync();
        await page.Page.Locator("#agents tr:has-text('form-agent'):has-text('4,321 of 5,000 left')").WaitForAsync();
        await page.GoAsync("/web/agents/form-agent");
        await page.Page.Locator("#recent tr:has-text('succeeded'):has-text('<b>test</b>')").WaitForAsync();
        await page.Page.ClickAsync("#fill summary");
        await page.Page.Locator("#fill label:has-text('owner'):has-text('required'):has-text('Who it is for.')").WaitForAsync();
        await page.AssertSoundAsync("agent-form");
        Assert.Empty(await page.AccessibilityFaultsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_form_is_sent_dry_unless_it_is_said_otherwise(bool scripts)
    {
        await using var host = await StartAsync();
        await using var page = await OpenFormAsync(host, "fill", scripts);

        await page.Page.FillAsync("#fill [name='arg.owner']", "ann & <b>bob</b>");
        await page.Page.FillAsync("#fill [name='arg.number']", "7");
        await page.Page.FillAsync("#fill [name='arg.body']", "two\nlines");
        await page.Page.FillAsync("#fill [name='arg.amount']", "1.5");
        await page.Page.SelectOptionAsync("#fill [name='arg.loud']", "true");
        await page.Page.SelectOptionAsync("#fill [name='arg.tint']", new SelectOptionValue { Label = "Red" });
        await page.Page.FillAsync("#fill [name='arg.labels']", "bug\n\n urgent ");
        await page.Page.FillAsync("#fill [name='arg.inner']", """{"text": "deep"}""");
        await page.Page.ClickAsync("#fill button:has-text('Send')");
        await page.Page.WaitForURLAsync("**/web/commands/cmd_*");

        var command = Newest(host);
        Assert.Equal((CommandStatus.DryRun, "dashboard", 0), (command.Status, command.Source, _agent.Sent));
        Assert.Equal(
            """{"owner":"ann & <b>bob</b>","number":7,"body":"two\nlines","amount":1.5,"loud":true,"tint":"Red","labels":["bug","urgent"],"inner":{"text":"deep"}}""",
            System.Text.Json.Nodes.JsonNode.Parse(command.Payload.Span)!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.EndsWith(command.Id, page.Page.Url, StringComparison.Ordinal);
        Assert.Contains("recorded as a dry run", await page.Page.Locator(".notice").InnerTextAsync(), StringComparison.Ordinal);
        await page.Page.Locator("#command .badge:has-text('dry run')").WaitForAsync();
        Assert.Empty(page.Faults);
    }

    [Fact]
    public async Task With_the_check_mark_it_is_really_sent_and_twice_it_is_one_command()
    {
        await using var host = await StartAsync();
        await using var page = await OpenFormAsync(host, "fill");

        await page.Page.FillAsync("#fill [name='arg.owner']", "ann");
        await page.Page.FillAsync("#fill [name='arg.number']", "7");
        await page.Page.CheckAsync("#fill [name=live]");
        await page.Page.EvaluateAsync("""
            async () => {
              const form = document.querySelector('#fill form');
              await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual' });
            }
            """);
        await page.Page.ClickAsync("#fill button:has-text('Send')");
        await page.Page.WaitForURLAsync("**/web/commands/cmd_*");
        await Eventually.HoldsAsync(() => Newest(host).Status == CommandStatus.Succeeded);
        Assert.Equal("\"ann#7 hello  False Green  \"", Encoding.UTF8.GetString(Newest(host).Result!.Value.Span));
        Assert.Equal((1, 1), (host.Journal.Reader.LastCommand(), _agent.Sent));
    }

    [Fact]
    public async Task What_is_wrong_stands_at_its_field_and_what_was_typed_is_kept()
    {
        await using var host = await StartAsync();
        await using var page = await OpenFormAsync(host, "fill");
        page.Expected.Add(400);

        await page.Page.FillAsync("#fill [name='arg.number']", "seven <b>");
        await page.Page.FillAsync("#fill [name='arg.labels']", "bug");
        await page.Page.FillAsync("#fill [name='arg.inner']", """{"weight": "heavy"}""");
        await page.Page.CheckAsync("#fill [name=live]");
        await page.FollowAsync("#fill button:has-text('Send')");

        await page.Page.Locator("#fill label:has([name='arg.owner']) .field-fault:has-text('is missing; it must be a string')").WaitForAsync();
        await page.Page.Locator("#fill label:has([name='arg.number']) .field-fault:has-text('must be an integer')").WaitForAsync();
        await page.Page.Locator("#fill label:has([name='arg.inner']) .field-fault").WaitForAsync();
        Assert.Equal("seven <b>", await page.Page.InputValueAsync("#fill [name='arg.number']"));
        Assert.Equal("bug", await page.Page.InputValueAsync("#fill [name='arg.labels']"));
        Assert.True(await page.Page.IsCheckedAsync("#fill [name=live]"));
        Assert.Equal(0, host.Journal.Reader.LastCommand());
        await page.AssertSoundAsync("agent-form-faults");

        await page.Page.FillAsync("#fill [name='arg.inner']", "{ no json");
        await page.Page.ClickAsync("#fill button:has-text('Send')");
        await page.Page.Locator("#fill .field-fault:has-text('is no JSON')").WaitForAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_may_destroy_is_asked_about_when_it_is_really_sent(bool scripts)
    {
        await using var host = await StartAsync();
        await using var page = await OpenFormAsync(host, "wipe", scripts);

        await page.Page.FillAsync("#wipe [name='arg.name']", "all");
        await page.Page.CheckAsync("#wipe [name=live]");
        await page.Page.ClickAsync("#wipe button:has-text('Send')");
        await page.Page.Locator("main:has-text('Really send it to form-agent?')").WaitForAsync();
        Assert.Equal((0, 0), (host.Journal.Reader.LastCommand(), _agent.Sent));
        await page.Page.ClickAsync("main >> text=Yes");
        await page.Page.WaitForURLAsync("**/web/commands/cmd_*");

        await Eventually.HoldsAsync(() => _agent.Sent == 1);
    }

    [Fact]
    public async Task Dry_run_is_switched_on_at_once_and_off_after_a_question()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/agents/form-agent");

        await page.FollowAsync("text=Dry run on");
        await page.Page.Locator(".notice:has-text('form-agent sends nothing: dry run was switched on for form-agent.')").WaitForAsync();
        await page.AssertSoundAsync("agent-dry-run");
        await page.Page.ClickAsync("text=Dry run off");
        await page.Page.ClickAsync("dialog >> text=Back");
        Assert.NotNull(host.Get<AgentRegistry>().Find("form-agent")!.DryRunBecause);
        await page.Page.ClickAsync("text=Dry run off");
        await page.Page.ClickAsync("dialog >> text=Yes");
        await page.Page.Locator(".notice:has-text('form-agent sends its commands.')").WaitForAsync();
        await page.Page.Locator("#state:has-text('switched off by hand')").WaitForAsync();
    }

    [Fact]
    public async Task Who_may_only_read_sees_the_commands_and_no_forms()
    {
        await using var host = await StartAsync();
        var read = host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch);
        await using var page = await browser.OpenAsync(host.Address, "/web/agents/form-agent", new() { ExtraHTTPHeaders = [new("Authorization", "Bearer " + read)] });

        await page.Page.Locator("#wipe:has-text('may destroy')").WaitForAsync();
        Assert.Equal(0, await page.Page.Locator("main form").CountAsync());
        await page.AssertSoundAsync("agent-read");
    }

    [Fact]
    public async Task Every_command_of_every_agent_has_a_form()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/agents/github-agent");

        foreach (var command in host.Get<AgentRegistry>().Find("github-agent")!.Agent.Commands)
        {
            Assert.Equal(command.Schema.GetProperty("properties").EnumerateObject().Count(), await page.Page.Locator($"#{command.Name} label.field").CountAsync());
        }

        await page.Page.ClickAsync("#create_issue summary");
        await page.AssertSoundAsync("agent-github");
    }

    private Task<DashboardHost> StartAsync() => DashboardHost.StartAsync(modules: [new AgentModule(_agent)]);

    private Task<DashboardPage> OpenFormAsync(DashboardHost host, string command, bool scripts = true) =>
        browser.OpenAsync(host.Address, $"/web/agents/form-agent/commands/{command}", new() { JavaScriptEnabled = scripts });

    private static Command Newest(DashboardHost host) => host.Journal.Reader.Command(host.Journal.Reader.LastCommand())!;
}
