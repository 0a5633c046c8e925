using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

[UnsupportedOSPlatform("windows")]
public sealed class UnixSocketTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    private string Folder => _root.File("run");

    private string Socket => Path.Combine(Folder, "sekiad.sock");

    [Theory]
    [InlineData("/run/user/1000", "/home/ann", "/run/user/1000/sekia/sekiad.sock")]
    [InlineData(null, "/home/ann", "/home/ann/.config/sekia/sekiad.sock")]
    [InlineData("", "/home/ann", "/home/ann/.config/sekia/sekiad.sock")]
    [InlineData("relative", "/home/ann", "/home/ann/.config/sekia/sekiad.sock")]
    [InlineData(null, "", null)]
    public void It_lies_where_programs_of_the_original_look_for_it(string? runtimeFolder, string home, string? expected) =>
        Assert.Equal(expected, SocketPath.Default(runtimeFolder, home));

    [Theory]
    [InlineData("", null)]
    [InlineData("/run/a.sock", "/run/a.sock")]
    [InlineData("run/a.sock", "/srv/sekia/run/a.sock")]
    public void A_setting_names_another_place(string setting, string? expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(SocketPath.Setting, setting)]).Build();

        Assert.Equal(expected, SocketPath.Of(configuration, "/srv/sekia"));
    }

    [Theory]
    [InlineData("http://localhost/sample")]
    [InlineData("http://anything.example.com/sample")]
    public async Task It_answers_this_user_without_a_login_and_under_any_name(string url)
    {
        await using var host = await StartAsync("Dashboard:Username=ann", "Dashboard:Password=secret-pass");

        Assert.Equal("sample", await CurlAsync(url));
    }

    [Fact]
    public async Task Nobody_but_the_user_can_reach_it_and_it_is_gone_after_the_stop()
    {
        await using (await StartAsync())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));
        }

        Assert.False(File.Exists(Socket));
    }

    [Fact]
    public async Task What_a_killed_host_left_is_replaced()
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var shell = Process.Start("python3", ["-c", $"import socket; socket.socket(socket.AF_UNIX).bind('{Socket}')"]);
        await shell.WaitForExitAsync();
        Assert.True(File.Exists(Socket));

        await using var host = await StartAsync();

        Assert.Equal("sample", await CurlAsync("http://localhost/sample"));
    }

    [Fact]
    public async Task One_that_answers_is_left_alone()
    {
        await using var first = await StartAsync();

        var failure = await Assert.ThrowsAsync<StartFailedException>(() => StartAsync());

        Assert.Contains($"another Sekia answers at {Socket}. Stop it, or set Host:Socket", failure.Message, StringComparison.Ordinal);
        Assert.Equal("sample", await CurlAsync("http://localhost/sample"));
    }

    [Fact]
    public async Task Of_hosts_that_start_at_once_one_gets_it_and_the_others_say_why_not()
    {
        MakeFolder();
        using var shell = Process.Start("python3", ["-c", $"import socket; socket.socket(socket.AF_UNIX).bind('{Socket}')"]);
        await shell.WaitForExitAsync();
        using var together = new Barrier(8);

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew<(System.Net.Sockets.Socket? Socket, string Fault)>(
            () =>
            {
                together.SignalAndWait();
                try
                {
                    return (UnixSocket.Listen(Socket), "");
                }
                catch (StartFailedException fault)
                {
                    return (null, fault.Message);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        using var one = results.Single(result => result.Socket is not null).Socket;
        Assert.All(results.Where(result => result.Socket is null), result => Assert.StartsWith("Sekia cannot start: ", result.Fault, StringComparison.Ordinal));
        using var caller = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        await caller.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(Socket));
        Assert.True(caller.Connected);
    }

    [Fact]
    public async Task A_link_to_nothing_in_the_place_of_the_socket_is_refused_and_nothing_made_there()
    {
        MakeFolder();
        File.CreateSymbolicLink(Socket, _root.File("absent"));

        await IsRefusedAsync($"{Socket} is a link to {_root.File("absent")}");
        Assert.False(Path.Exists(_root.File("absent")));
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_folder_is_refused()
    {
        Directory.CreateDirectory(_root.File("elsewhere"));
        Directory.CreateSymbolicLink(Folder, _root.File("elsewhere"));

        await IsRefusedAsync($"{Folder} is a link to {_root.File("elsewhere")}");
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_socket_is_refused_and_its_target_untouched()
    {
        MakeFolder();
        _root.Write("precious", "text");
        File.CreateSymbolicLink(Socket, _root.File("precious"));

        await IsRefusedAsync($"{Socket} is a link to {_root.File("precious")}");
        Assert.Equal("text", await File.ReadAllTextAsync(_root.File("precious")));
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_socket_is_refused_and_untouched()
    {
        MakeFolder();
        await File.WriteAllTextAsync(Socket, "text");

        await IsRefusedAsync($"{Socket} is there already and is no socket");
        Assert.Equal("text", await File.ReadAllTextAsync(Socket));
    }

    [Fact]
    public async Task A_folder_that_others_can_enter_is_refused()
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);

        await IsRefusedAsync($"Run chmod 700 {Folder}");
    }

    [Fact]
    public async Task A_folder_of_another_user_is_refused()
    {
        MakeFolder();
        using var chown = Process.Start("chown", ["4711", Folder]);
        await chown.WaitForExitAsync();
        if (chown.ExitCode != 0)
        {
            // Only root can give a folder away.
            return;
        }

        await IsRefusedAsync($"{Folder} belongs to another user (number 4711)");
    }

    [Fact]
    public void A_path_too_long_for_a_socket_is_a_fault_of_the_settings()
    {
        var failure = Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [], $"Host:Socket=/{new string('a', 200)}"));

        Assert.Contains("at most 103 bytes", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _root.Dispose();

    private Task<ModuleHost> StartAsync(params string[] settings) =>
        ModuleHost.StartAsync(_root, [new SampleModule()], [$"Host:Socket={Socket}", .. settings]);

    private void MakeFolder() => Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private async Task IsRefusedAsync(string expected)
    {
        var failure = await Assert.ThrowsAsync<StartFailedException>(() => StartAsync());

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("or set Host:Socket to another path (to nothing for no socket).", failure.Message, StringComparison.Ordinal);
    }

    private async Task<string> CurlAsync(string url)
    {
        using var curl = Process.Start(new ProcessStartInfo("curl", ["-s", "--unix-socket", Socket, url]) { RedirectStandardOutput = true })!;
        var output = await curl.StandardOutput.ReadToEndAsync();
        await curl.WaitForExitAsync();
        return output;
    }
}
