using Sekia.Modules.Workflows;
using Sekia.Tests.Journal;

namespace Sekia.Tests.Workflows;

[Collection(nameof(Alone))]
public sealed class KeptThreadsTests
{
    [Fact]
    public void What_several_hosts_keep_is_added_up_and_given_back()
    {
        var before = Least();
        using (var one = new KeptThreads())
        using (var other = new KeptThreads())
        {
            one.Set(3);
            other.Set(2);
            one.Set(1);
            Assert.Equal(before + 3, Least());
        }

        Assert.Equal(before, Least());
    }

    private static int Least()
    {
        ThreadPool.GetMinThreads(out var least, out _);
        return least;
    }
}
