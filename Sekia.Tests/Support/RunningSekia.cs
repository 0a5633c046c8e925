using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sekia.Tests.Support;

/// <summary>The real program as a process of its own, until it is told to stop or killed.</summary>
internal sealed partial class RunningSekia : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningSekia(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Client = new HttpClient(new SocketsHttpHandler());
    }

    /// <summary>Asks this process.</summary>
    public HttpClient Client { get; }

    /// <summary>The memory it has of the machine's, in bytes.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>All it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts it on a port of the system's choice, and returns when it is ready.</summary>
    public static Task<RunningSekia> StartAsync(TemporaryFolder root, params string[] settings) =>
        StartAsync(root, new Dictionary<string, string>(), settings);

    /// <summary>Starts it with environment variables of its own.</summary>
    public static async Task<RunningSekia> StartAsync(TemporaryFolder root, IReadOnlyDictionary<string, string> environment, params string[] settings)
    {
        var start = new ProcessStartInfo(SekiaProcess.Program, ["--Host:Listen=127.0.0.1:0", .. settings.Select(setting => "--" + setting)])
        {
            WorkingDirectory = root.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Its socket is its own, and not that of whoever runs the tests.
        start.Environment["XDG_RUNTIME_DIR"] = root.Path;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var running = new RunningSekia(Process.Start(start)!);
        try
        {
            running.Client.BaseAddress = await running._listening.Task.WaitAsync(s_limit);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    public async Task<JsonObject> GetAsync(string path) => (await Client.GetFromJsonAsync<JsonObject>(path))!;

    /// <summary>SIGKILL: it gets to do nothing more.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGTERM, as from a service manager.</summary>
    public Task SendTerminateAsync() => SekiaProcess.TerminateAsync(_process.Id);

    /// <summary>Waits for its end.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(s_limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            // The end of its output, and so of the process; no failure if it has been listening.
            _listening.TrySetException(new InvalidOperationException($"Sekia ended before it was ready: {Output}"));
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (ListensOn().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"listens on\s+(http://\S+)")]
    private static partial Regex ListensOn();
}
