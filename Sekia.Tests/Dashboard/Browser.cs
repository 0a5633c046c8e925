using System.Runtime.CompilerServices;
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

    private static string Program() =>
        (from folder in (AppContext.GetData("SEKIA_CHROMIUM") as string is { } named ? [named] : PathFolders())
         from name in s_names
         let file = File.Exists(folder) ? folder : Path.Combine(folder, name)
         where File.Exists(file)
         select file).FirstOrDefault()
        ?? throw new FileNotFoundException("There is no Chromium on the PATH: run ./test.sh, which installs it, or install the package chromium.");

    private static string[] PathFolders() => ["/usr/bin", "/usr/local/bin", "/snap/bin", "/opt/google/chrome", "/Applications/Google Chrome.app/Contents/MacOS"];

    private static string Folder([CallerFilePath] string here = "") =>
        Directory.CreateDirectory(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "TestResults", "dashboard"))).FullName;
}

/// <summary>The tests that share the browser.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<Browser>
{
    public const string Name = "Browser";
}
