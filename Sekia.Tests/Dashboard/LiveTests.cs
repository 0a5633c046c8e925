using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;
using Xunit.Abstractions;

namespace Sekia.Tests.Dashboard;

/// <summary>An open page stays up to date by itself.</summary>
[Collection(BrowserTests.Name)]
public sealed class LiveTests(Browser browser, ITestOutputHelper output)
{
    [Fact]
    public async Task A_signed_delivery_appears_without_a_reload_and_then_its_dry_run()
    {
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string> { ["labeller"] = DashboardHost.Labeller });
        await using var page = await browser.OpenAsync(host.Address);
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();

        var since = Stopwatch.StartNew();
        await host.DeliverAsync();
        await page.Page.Locator("#newest tbody tr:has-text('github.issue.opened')").WaitForAsync();
        output.WriteLine($"the event after {since.ElapsedMilliseconds} ms");
        await page.Page.Locator("#flow path.flow.dry").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        output.WriteLine($"its command after {since.ElapsedMilliseconds} ms");

        await page.AssertSoundAsync("overview-traffic");
        Assert.Equal(1, await page.Page.Locator("#newest tbody tr").CountAsync());
    }

    [Fact]
    public async Task A_page_that_is_paused_stays_as_it_is_until_it_goes_on()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var page = await browser.OpenAsync(host.Address);
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();

        await page.Page.ClickAsync("#pause");
        await Eventually.HoldsAsync(() => host.Stream.Clients == 0);
        await host.PublishAsync(2);
        await page.Page.ReloadAsync();
        await page.Page.Locator("#live[data-state=paused]").WaitForAsync();
        await host.PublishAsync(1);
        Assert.Equal(2, await page.Page.Locator("#newest tbody tr").CountAsync());

        await page.Page.ClickAsync("#pause");
        await page.Page.Locator("#e3").WaitForAsync();
        await page.AssertSoundAsync("overview-resumed");
    }

    [Fact]
    public async Task An_empty_page_that_was_away_has_the_first_event_when_it_is_back()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var page = await browser.OpenAsync(host.Address);
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();

        await page.Page.ClickAsync("#pause");
        await Eventually.HoldsAsync(() => host.Stream.Clients == 0);
        await host.PublishAsync(1);
        await page.Page.ClickAsync("#pause");

        await page.Page.Locator("#newest #e1").WaitForAsync();
        Assert.Empty(page.Faults);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_goes_on_without_gap_or_double()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(3);

        var first = await TakeAsync(host, "?after=0", null, 2);
        var rest = await TakeAsync(host, "?after=0", first[^1].EventId, 1);

        Assert.Equal(["1", "2", "3"], first.Concat(rest).Select(item => item.EventId));
        Assert.All(first, item => Assert.StartsWith($"<tr id=\"e{item.EventId}\">", item.Data, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stream_far_behind_goes_on_at_the_end_and_says_so()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(450);

        var reset = await TakeAsync(host, "?after=0", null, 1, "reset");
        await host.PublishAsync(1);
        var next = await TakeAsync(host, "?after=0", reset[0].EventId, 1);

        Assert.Equal(("450", "451"), (reset[0].EventId, next[0].EventId));
    }

    [Fact]
    public async Task A_page_far_behind_has_the_newest_rows_and_none_twice()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(1);
        await using var page = await browser.OpenAsync(host.Address);
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();

        await page.Page.ClickAsync("#pause");
        await Eventually.HoldsAsync(() => host.Stream.Clients == 0);
        await host.PublishAsync(450);
        await page.Page.ClickAsync("#pause");
        await page.Page.Locator("#e451").WaitForAsync();
        await host.PublishAsync(2);
        await page.Page.Locator("#e453").WaitForAsync();

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"e{453 - i}"), await page.Page.EvalOnSelectorAllAsync<string[]>("#newest tbody tr", "rows => rows.slice(0, 10).map(row => row.id)"));
        await page.AssertSoundAsync("overview-far-behind");
    }

    [Fact]
    public async Task A_row_that_the_stream_brings_again_is_shown_once()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(2);
        static string Message(int number) => $"id: {number}\nevent: event\ndata: <tr id=\"e{number}\"><td>again</td></tr>\n\n";
        await using var page = await browser.OpenAsync(host.Address, "/web/settings");
        var answer = new RouteFulfillOptions { ContentType = "text/event-stream", Body = Message(1) + Message(3) + Message(2) + Message(3) };
        await page.Page.RouteAsync("**/web/events/stream*", route => route.FulfillAsync(answer));

        await page.GoAsync("/web/events");
        await page.Page.Locator("#e3").First.WaitForAsync();
        await page.Page.WaitForRequestAsync("**/web/events/stream*");

        Assert.Equal(["e3", "e2", "e1"], await page.Page.EvalOnSelectorAllAsync<string[]>("#events tbody tr", "rows => rows.map(row => row.id)"));
    }

    [Fact]
    public async Task A_stream_ends_when_the_host_stops()
    {
        var host = await DashboardHost.StartAsync();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, "/web/events/stream"));
        using var answer = await client.SendAsync(request, CancellationToken.None);
        await Eventually.HoldsAsync(() => host.Stream.Clients == 1);
        var stream = host.Stream;

        await host.DisposeAsync();

        Assert.Equal(0, stream.Clients);
    }

    [Fact]
    public async Task A_stream_brings_only_what_its_page_shows()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(1, source: "other");
        await host.PublishAsync(1, type: "other.type");
        await host.PublishAsync(1, payload: """{"text":"<script>alert(1)</script>"}""");

        var rows = await TakeAsync(host, "?after=0&source=test&type=deploy.started", null, 1);

        Assert.Equal("3", rows[0].EventId);
        Assert.DoesNotContain("<script>", rows[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_stream_more_than_there_are_seats_is_refused()
    {
        await using var host = await DashboardHost.StartAsync();
        using var client = host.Host.Client();
        Assert.Equal(50, StreamSeats.MaxClients);
        var open = new List<HttpResponseMessage>();
        for (var i = 0; i < StreamSeats.MaxClients; i++)
        {
            open.Add(await client.GetAsync("/web/events/stream", HttpCompletionOption.ResponseHeadersRead));
        }

        using var refused = await client.GetAsync("/web/events/stream", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);

        open.ForEach(answer => answer.Dispose());
        await Eventually.HoldsAsync(() => host.Stream.Clients == 0);
    }

    [Fact]
    public async Task A_page_survives_a_restart_of_the_host_and_misses_nothing()
    {
        using var root = new TemporaryFolder();
        var listen = $"Host:Listen=127.0.0.1:{FreePort.Take()}";
        await using var first = await RunningSekia.StartAsync(root, listen);
        await using var page = await browser.OpenAsync(first.Client.BaseAddress!);
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();
        await PublishAsync(first, 2);
        await page.Page.Locator("#e2").WaitForAsync();

        first.Kill();
        await page.Page.Locator("#live[data-state=reconnecting]").WaitForAsync();

        // Events that come in before the page is back: only where it was tells the stream to send them.
        await page.Page.RouteAsync("**/web/events/stream*", route => route.AbortAsync());
        await using var second = await RunningSekia.StartAsync(root, listen);
        await PublishAsync(second, 2);
        await page.Page.UnrouteAsync("**/web/events/stream*");
        await page.Page.Locator("#e4").WaitForAsync();

        Assert.Equal(["e4", "e3", "e2", "e1"], await page.Page.EvalOnSelectorAllAsync<string[]>("#newest tbody tr", "rows => rows.map(row => row.id)"));
    }

    [Fact]
    public async Task What_someone_types_or_has_opened_is_left_alone()
    {
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string> { ["labeller"] = DashboardHost.Labeller });
        await host.DeliverAsync();
        await using var page = await browser.OpenAsync(host.Address);
        await page.Page.Locator("#flow path.flow.dry").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Page.ClickAsync("#flow summary");

        await host.PublishAsync(1);
        await page.Page.Locator("#status div:has(dt:text-is('Events')) dd:text-is('2')").WaitForAsync();

        Assert.True(await page.Page.Locator("#flow-table").EvaluateAsync<bool>("details => details.open"));
        Assert.Equal("SUMMARY", await page.Page.EvaluateAsync<string>("() => document.activeElement.tagName"));
    }

    [Fact]
    public async Task What_is_recorded_while_a_page_is_made_the_page_learns_of()
    {
        var before = 0L;
        var slow = new RoutesModule(routes => routes.MapGroup("/web").MapSlowPage("/test", "Slow", async context =>
        {
            var journal = context.RequestServices.GetRequiredService<EventJournal>();
            before = journal.Commits.Beats;
            await context.RequestServices.GetRequiredService<EventBus>().PublishAsync(
                [new Event { Subject = Subject.OfEvents("test"), Type = "t", Source = "test", Payload = "{}"u8.ToArray() }], context.RequestAborted);
            await Eventually.HoldsAsync(() => journal.Commits.Beats > before);
            return Page.Of<ButtonsPage>();
        }));
        await using var host = await DashboardHost.StartAsync(modules: [slow]);

        var page = await host.Host.Client().GetStringAsync("/web/test");

        var known = long.Parse(page.Split("data-commits=\"")[1].Split('"')[0], CultureInfo.InvariantCulture);
        Assert.InRange(known, 0, before);
    }

    [Fact]
    public async Task A_button_that_is_held_down_while_news_comes_in_is_pressed_all_the_same()
    {
        var buttons = new RoutesModule(routes => routes.MapGroup("/web").MapPage("/test", "Buttons", _ => Page.Of<ButtonsPage>()));
        await using var host = await DashboardHost.StartAsync(modules: [buttons]);
        await using var page = await browser.OpenAsync(host.Address, "/web/test");
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();
        await page.Page.HoverAsync("text=Danger");
        await page.Page.Mouse.DownAsync();

        // Both parts take their news at once.
        await host.PublishAsync(1);
        await page.Page.Locator("#head:has-text('1')").WaitForAsync();
        await page.Page.Mouse.UpAsync();

        await page.Page.Locator("dialog[open]:has-text('Really?')").WaitForAsync();
        await page.Page.ClickAsync("dialog >> text=Back");
        await page.Page.Locator("#asking:has-text('1 events')").WaitForAsync();
        Assert.Empty(page.Faults);
    }

    private static async Task<List<SseItem<string>>> TakeAsync(DashboardHost host, string query, string? lastEventId, int count, string kind = "event")
    {
        using var client = host.Host.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/web/events/stream" + query);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var taken = new List<SseItem<string>>();
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            if (item.EventType == kind)
            {
                taken.Add(item);
            }

            if (taken.Count == count)
            {
                break;
            }
        }

        return taken;
    }

    internal static async Task PublishAsync(RunningSekia sekia, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var answer = await sekia.Client.PostAsync("/api/v1/events", new StringContent("""{"type":"deploy.started"}"""));
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }
    }
}
