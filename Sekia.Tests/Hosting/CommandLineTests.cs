using System.Net;
using System.Net.Sockets;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Fact]
    public async Task An_unknown_word_is_an_error_with_a_suggestion()
    {
        var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, ["confg"]);

        Assert.Equal((1, "", "`sekia` has no command 'confg'. Did you mean config?\n`sekia --help` shows what it takes.\n"), (exitCode, output, error));
    }

    [Fact]
    public async Task Config_prints_the_environment_names()
    {
        var (exitCode, output, _) = await SekiaProcess.RunAsync(_root, ["config"]);

        Assert.Equal(0, exitCode);
        Assert.Matches(@"\* GITHUB_TOKEN +GitHub:Token", output);
    }

    [Fact]
    public async Task A_faulty_setting_ends_the_program_with_code_1_and_no_stack()
    {
        var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, ["--Host:Lisen=127.0.0.1:0"]);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("Did you mean 'Listen'?", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_workflows_that_was_named_must_be_there_and_only_the_default_one_is_made()
    {
        _root.Write("file", "");
        foreach (var (name, fault) in new[] { ("workflws", $"there is no folder {_root.File("workflws")}. Make it, or "), ("file", $"{_root.File("file")} is a file where a folder should be. Remove it, or ") })
        {
            var said = $"Workflows:Directory: {fault}set Workflows:Directory to the folder with the workflows.";

            Assert.Equal((1, "", $"Sekia cannot start. {said}\n"), await SekiaProcess.RunAsync(_root, ["--Host:Listen=127.0.0.1:0", "--Logs:Console=false", $"--Workflows:Directory={name}"]));
            Assert.Contains(said, (await SekiaProcess.RunAsync(_root, ["config", "check", $"--Workflows:Directory={name}"])).Output, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_root.File("workflws")));
        await using var sekia = await RunningSekia.StartAsync(_root, "Workflows:Directory=./workflows");
        Assert.True(Directory.Exists(_root.File("workflows")));
    }

    [Fact]
    public async Task A_port_in_use_is_named_and_ends_the_program_with_code_1_and_no_stack()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, [$"--Host:Listen={other.LocalEndpoint}"]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"http://{other.LocalEndpoint}: address already in use. Stop the program", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_named()
    {
        var (exitCode, output, error) = await SekiaProcess.RunAsync(
            _root, ["--Host:Listen=192.0.2.1:7600", "--Dashboard:Username=ann", "--Dashboard:Password=secret-pass"]);

        Assert.Equal(1, exitCode);
        Assert.Contains("Sekia cannot start: it cannot listen on 192.0.2.1:7600 (Host:Listen): ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_content_root_that_is_not_there_is_named_and_ends_the_program_with_code_1_and_no_stack()
    {
        var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, ["--contentRoot=nowhere"]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"Sekia cannot start: there is no folder {_root.File("nowhere")}.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_settings_file_that_cannot_be_opened_ends_the_program_with_code_1_and_no_stack()
    {
        _root.Write("appsettings.json", "{}");
        using var locked = File.Open(_root.File("appsettings.json"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, []);

        Assert.Equal(1, exitCode);
        Assert.Contains("Sekia cannot start. appsettings.json cannot be read: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_folder_that_cannot_be_made_is_named()
    {
        _root.Write("taken", "a file where a folder should be");

        var (exitCode, _, error) = await SekiaProcess.RunAsync(_root, ["--Logs:Path=taken/sekia-.log"]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"cannot write its log into {_root.File("taken")}", error, StringComparison.Ordinal);
    }

    public void Dispose() => _root.Dispose();
}
