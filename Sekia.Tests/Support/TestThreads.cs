using System.Runtime.CompilerServices;

namespace Sekia.Tests.Support;

/// <summary>
/// Tests run as many at a time as there are cores, each on a thread of the pool, and some keep it. The hosts in this process have as many threads
/// besides, as each would have in a process of its own.
/// </summary>
internal static class TestThreads
{
    [ModuleInitializer]
    internal static void Add()
    {
        ThreadPool.GetMinThreads(out var least, out var ports);
        ThreadPool.SetMinThreads(least + Environment.ProcessorCount, ports);
    }
}
