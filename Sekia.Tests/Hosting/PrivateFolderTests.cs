using Sekia.Modules.Hosting;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class PrivateFolderTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Fact]
    public void Every_folder_that_is_made_on_the_way_is_for_this_user_alone()
    {
        PrivateFolder.Create(_root.File("data/logs"));

        Assert.True(Directory.Exists(_root.File("data/logs")));
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode user = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Assert.Equal((user, user), (File.GetUnixFileMode(_root.File("data")), File.GetUnixFileMode(_root.File("data/logs"))));
        }
    }

    public void Dispose() => _root.Dispose();
}
