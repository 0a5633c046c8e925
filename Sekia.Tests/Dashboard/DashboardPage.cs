using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;
using Sekia.Tests.GitHub;

namespace Sekia.Tests.Dashboard;

/// <summary>A page of the dashboard in a browser, which notes what a person would call broken.</summary>
public sealed class DashboardPage : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private static readonly Lazy<string> s_axe = new(() => File.ReadAllText(NodeProgram.File("node_modules/axe-core/axe.min.js")));

    private readonly ConcurrentQueue<string> _faults = new();
    private readonly IBrowserContext _context;

    private DashboardPage(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    /// <summary>What Playwright has.</summary>
    public IPage Page { get; }

    /// <summary>What went wrong so far: errors of the script, refusals by the content security policy, requests that failed.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Refusals that a test provokes: statuses of answers that are no fault.</summary>
    public HashSet<int> Expected { get; } = [];

    public static async Task<DashboardPage> CreateAsync(IBrowserContext context)
    {
        var page = new DashboardPage(context, await context.NewPageAsync());
        page.Page.PageError += (_, error) => page._faults.Enqueue($"error: {error}");
        page.Page.Console += (_, message) =>
        {
            // Chromium also writes an error for each answer that is not 2xx; those are noted from the answers.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                page._faults.Enqueue($"console: {message.Text}");
            }
        };
        page.Page.RequestFailed += (_, request) =>
        {
            // A page that is left ends its stream and what it was asking for.
            if (request.Failure is not "net::ERR_ABORTED")
            {
                page._faults.Enqueue($"{request.Failure}: {request.Url}");
            }
        };
        page.Page.Response += (_, answer) =>
        {
            if (answer.Status >= 400 && !page.Expected.Contains(answer.Status))
            {
                page._faults.Enqueue($"{answer.Status}: {answer.Url}");
            }
        };
        return page;
    }

    public Task<IResponse?> GoAsync(string path) => Page.GotoAsync(path, new PageGotoOptions { WaitUntil = WaitUntilState.DOMContentLoaded });

    /// <summary>Clicks on what leads to another page, or sends a form, and waits until all of that page is there: a click alone waits only for its beginning.</summary>
    public Task FollowAsync(string selector) => FollowAsync(() => Page.ClickAsync(selector));

    /// <inheritdoc cref="FollowAsync(string)"/>
    public Task FollowAsync(ILocator link) => FollowAsync(() => link.ClickAsync());

    /// <summary>What stands in the main part.</summary>
    public Task<string> TextAsync() => Page.Locator("main").InnerTextAsync();

    /// <summary>Leaves a picture, and asserts that nothing is broken and that the page is no wider than the window.</summary>
    /// <param name="name">Of the picture.</param>
    public async Task AssertSoundAsync(string name)
    {
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.Pictures, name + ".png"), FullPage = true });
        Assert.Empty(_faults);
        Assert.Equal(0, await Page.EvaluateAsync<int>("() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"));
    }

    /// <summary>The tables and drawings that are wider than their place, and have to be pushed to and fro.</summary>
    public Task<string[]> TooWideAsync() =>
        Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('.scroll')].filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.ariaLabel)");

    /// <summary>What axe-core finds, of those faults that keep people out.</summary>
    public async Task<string[]> AccessibilityFaultsAsync()
    {
        // As the debugger would: a script tag is what the page's own policy refuses.
        await Page.EvaluateAsync(s_axe.Value);
        var found = await Page.EvaluateAsync<JsonElement>("() => axe.run(document, { resultTypes: ['violations'] })");
        return [.. from violation in found.GetProperty("violations").EnumerateArray()
                   where violation.GetProperty("impact").GetString() is "serious" or "critical"
                   from node in violation.GetProperty("nodes").EnumerateArray()
                   select $"{violation.GetProperty("id")}: {node.GetProperty("html")}: {node.GetProperty("failureSummary")}"];
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private async Task FollowAsync(Func<Task> click)
    {
        // From before the click: a page may be complete before the click has returned.
        var complete = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnComplete(object? sender, IPage page) => complete.TrySetResult();
        Page.DOMContentLoaded += OnComplete;
        try
        {
            await click();
            await complete.Task.WaitAsync(s_limit);
        }
        finally
        {
            Page.DOMContentLoaded -= OnComplete;
        }
    }
}
