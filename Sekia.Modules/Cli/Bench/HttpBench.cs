using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Sekia.Modules.Cli.Remote;

namespace Sekia.Modules.Cli.Bench;

/// <summary>
/// A second process of this program, as a user would start it: how soon it is ready, how much memory it takes, and how long a sender
/// of webhooks waits for its answer.
/// </summary>
internal static class HttpBench
{
    private const int PerSecond = 500;
    private const int Requests = 5000;
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);

    public static async Task MeasureAsync(string directory, BenchFigures figures, CancellationToken cancellationToken)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}/");
        using var client = new HttpMessageInvoker(new SocketsHttpHandler());
        var watch = Stopwatch.StartNew();
        using var host = Start(Directory.CreateDirectory(Path.Combine(directory, "host")).FullName, address);
        try
        {
            await WaitUntilReadyAsync(client, host, address, cancellationToken);
            figures.Add("ready_ms", watch.Elapsed.TotalMilliseconds, "ms", "Start of the process to ready");
            host.Refresh();
            figures.Add("rss_mb", host.WorkingSet64 / 1048576.0, "MiB", "Memory when idle, after the start");
            await SendAsync(client, address, 500, cancellationToken);
            var times = await SendAsync(client, address, Requests, cancellationToken);
            figures.Add("accept_p50_ms", Percentile.Of(times, 50), "ms", $"Webhook to 202, on disk, at {PerSecond}/s, p50");
            figures.Add("accept_p99_ms", Percentile.Of(times, 99), "ms", $"Webhook to 202, on disk, at {PerSecond}/s, p99");
        }
        finally
        {
            host.Kill(entireProcessTree: true);
            await host.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static Process Start(string directory, Uri address)
    {
        // Started as `dotnet sekia.dll`, the process is that of dotnet.
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. program, .. BenchSettings.In(directory, address.Authority)])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var host = Process.Start(start)!;
        host.BeginOutputReadLine();
        host.BeginErrorReadLine();
        return host;
    }

    private static async Task WaitUntilReadyAsync(HttpMessageInvoker client, Process host, Uri address, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_startLimit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            do
            {
                if (host.HasExited)
                {
                    throw new HostFaultException($"The host to be measured ended with code {host.ExitCode}. Start `sekia` by itself to see why.", HostFaultException.Refused);
                }
            }
            while (!await IsReadyAsync(client, address, limit.Token) && await timer.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HostFaultException($"The host to be measured is not ready after {s_startLimit.TotalSeconds:0} s. Start `sekia` by itself to see why.", HostFaultException.Refused);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpMessageInvoker client, Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "readyz"));
            using var response = await client.SendAsync(request, cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return false;
        }
    }

    private static async Task<double[]> SendAsync(HttpMessageInvoker client, Uri address, int requests, CancellationToken cancellationToken)
    {
        var times = new double[requests];
        var hook = new Uri(address, "webhooks/bench");
        await Pace.RunAsync(PerSecond, requests, async i =>
        {
            var start = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Post, hook) { Content = new ByteArrayContent(BenchPayload.Issue) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await client.SendAsync(request, cancellationToken);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (response.StatusCode != HttpStatusCode.Accepted)
            {
                throw new HostFaultException(string.Create(CultureInfo.InvariantCulture, $"The host answered {(int)response.StatusCode} to a webhook. Start `sekia` by itself and send it one to see why."), HostFaultException.Refused);
            }
        });
        return times;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
