using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Playwright;

namespace Sekia.Tests.Dashboard;

/// <summary>One real Chromium for all tests of the dashboard; each test has a context of its own in it.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where tests leave pictures of what they saw.</summary>
    public static string Pictures { get; } = Folder();

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program(),
            Timeout = 120_000,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>Opens a page of a host.</summary>
    /// <param name="address">The host's.</param>
    /// <param name="path">The page's.</param>
    public async Task<DashboardPage> OpenAsync(Uri address, string path = "/web", BrowserNewContextOptions? options = null)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions(options ?? new()) { BaseURL = address.ToString() });
        var page = await DashboardPage.CreateAsync(context);
        await page.GoAsync(path);
        return page;
    }

    /// <summary>The file named in SEKIA_CHROMIUM, or the first that is on the path.</summary>
    private static string Program()
    {
        var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        return environment["SEKIA_CHROMIUM"]
            ?? (from folder in (environment["PATH"] ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                from name in s_names
                let file = Path.Combine(folder, name)
                where File.Exists(file)
                select file).FirstOrDefault()
            ?? throw new FileNotFoundException("There is no Chromium on the path: run ./test.sh, which installs it, or name one in SEKIA_CHROMIUM.");
    }

    private static string Folder([CallerFilePath] string here = "") =>
        Directory.CreateDirectory(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "TestResults", "dashboard"))).FullName;
}

/// <summary>The tests that share the browser.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<Browser>
{
    public const string Name = "Browser";
}
