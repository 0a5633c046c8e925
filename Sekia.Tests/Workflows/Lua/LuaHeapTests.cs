using System.Runtime.InteropServices;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Tests.Workflows.Lua;

public sealed unsafe class LuaHeapTests
{
    private const int Chunk = 1 << 18;

    [Fact]
    public void Blocks_of_all_sizes_keep_what_is_written_into_them_and_everything_comes_back()
    {
        var random = new Random(1);
        var heap = default(LuaHeap);
        var blocks = new List<(nint Block, int Size, byte Mark)>();
        for (var step = 0; step < 200_000; step++)
        {
            // In waves, so that pages and chunks fill and empty.
            var grows = random.Next(100) < (step / 20_000 % 2 == 0 ? 60 : 40);
            if (grows || blocks.Count == 0)
            {
                var size = NextSize(random);
                blocks.Add(Marked((nint)heap.Allocate((nuint)size), size, random));
                continue;
            }

            var chosen = random.Next(blocks.Count);
            var (block, old, mark) = blocks[chosen];
            AssertMarked(block, old, mark);
            if (random.Next(3) == 0)
            {
                var size = NextSize(random);
                var moved = LuaHeap.FitsInPlace((void*)block, (nuint)old, (nuint)size) ? block : (nint)heap.Resize((void*)block, (nuint)old, (nuint)size);
                AssertMarked(moved, Math.Min(old, size), mark);
                blocks[chosen] = Marked(moved, size, random);
            }
            else
            {
                heap.Free((void*)block, (nuint)old);
                blocks[chosen] = blocks[^1];
                blocks.RemoveAt(blocks.Count - 1);
            }
        }

        Assert.InRange(heap.Used, blocks.Sum(block => block.Size), heap.Held);
        foreach (var (block, size, mark) in blocks)
        {
            AssertMarked(block, size, mark);
            heap.Free((void*)block, (nuint)size);
        }

        Assert.Equal(0, heap.Used);
        Assert.InRange(heap.Held, 1, Chunk);
        heap.Close();
        Assert.Equal(0, heap.Held);
    }

    [Fact]
    public void Every_size_fits_between_its_neighbors_and_lies_at_a_multiple_of_sixteen()
    {
        var heap = default(LuaHeap);
        for (var size = 1; size <= 600; size++)
        {
            var blocks = new nint[20];
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = (nint)heap.Allocate((nuint)size);
                new Span<byte>((void*)blocks[i], size).Fill((byte)i);
            }

            Assert.All(blocks, block => Assert.Equal(0, block % 16));
            Assert.All(blocks.Index(), block => AssertMarked(block.Item, size, (byte)block.Index));
            Assert.All(blocks, block => heap.Free((void*)block, (nuint)size));
        }

        heap.Close();
    }

    [Fact]
    public void What_was_used_for_one_size_serves_for_another()
    {
        var heap = default(LuaHeap);
        long most = 0;
        for (nuint size = 16; size <= 512; size *= 2)
        {
            var blocks = new nint[(16 * Chunk) / (int)size];
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = (nint)heap.Allocate(size);
            }

            most = Math.Max(most, heap.Held);

            // All but a few, which keep no more than their own pages.
            Assert.All(blocks[1..], block => heap.Free((void*)block, size));
            Assert.InRange(heap.Used, 0, 8 * LuaHeap.PageSize);
        }

        Assert.InRange(most, 16 * Chunk, 22 * Chunk);
    }

    [Fact]
    public void No_page_is_shared_by_two_states()
    {
        var (one, other) = (default(LuaHeap), default(LuaHeap));
        var (pages, others) = (new HashSet<nint>(), new HashSet<nint>());
        for (var i = 0; i < 2_000; i++)
        {
            pages.Add((nint)one.Allocate((nuint)(i % 512) + 1) / LuaHeap.PageSize);
            others.Add((nint)other.Allocate((nuint)(i % 512) + 1) / LuaHeap.PageSize);
        }

        Assert.True(pages.Count > 100);
        Assert.Empty(pages.Intersect(others));
    }

    /// <summary>What keeps a little of every page or chunk, and what takes room while it gives some back.</summary>
    [Theory]
    [InlineData("""
        local kept = {}
        for size = 50, 500, 50 do
          pcall(function()
            local all = {}
            for i = 1, 1e6 do all[i] = string.rep("x", size) .. i end
          end)
          local all = {}
          pcall(function() for i = 1, 1e6 do all[i] = string.rep("y", size) .. i end end)
          for i = 1, #all do if i % 64 ~= 0 then all[i] = false end end
          kept[#kept + 1] = all
          pcall(function() local large = {} for i = 1, 1e6 do large[i] = string.rep("z", 100000) .. i end end)
        end
        """)]
    [InlineData("""
        local slots, tables = {}, {}
        for i = 1, 30000 do slots[i] = { key = i } end
        for i = 1, #slots do if i % 8 ~= 0 then slots[i] = false end end
        pcall(function()
          for i = 1, 1e6 do
            local one = {}
            for j = 1, 32 do one[j] = j end
            tables[i] = one
          end
        end)
        for i = 1, #tables do
          local one = tables[i]
          for j = 32, 17, -1 do one[j] = nil end
          if i % 7 ~= 0 then pcall(function() one.key = i end) end
        end
        """)]
    public void Whatever_a_script_does_it_holds_no_more_than_its_limit(string script)
    {
        using var box = new LuaBox(milliseconds: 30_000);
        long most = 0;
        using var done = new CancellationTokenSource();
        var watch = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                most = Math.Max(most, box.State.Budget->Heap.Held);
                Thread.Yield();
            }
        });
        watch.Start();

        var end = box.EndOf(script);

        done.Cancel();
        watch.Join();
        Assert.True(end is null or { Fault: LuaFault.Memory }, end?.ToString());
        Assert.InRange(most, LuaBox.MaxBytes / 2, LuaBox.MaxBytes + Chunk);
    }

    [Fact]
    public void Small_blocks_are_counted_by_the_page_and_do_not_pass_the_limit()
    {
        using var box = new LuaBox(milliseconds: 30_000);

        Assert.Equal(LuaFault.Memory, box.EndOf("local all while true do all = { all } end")?.Fault);

        Assert.InRange(box.State.Budget->Heap.Held, LuaBox.MaxBytes / 2, LuaBox.MaxBytes);
    }

    [Fact]
    public void A_block_that_grows_is_counted_once()
    {
        // A list of so many takes 8 MiB, and is made of one of 4 MiB.
        using var box = new LuaBox(maxBytes: 10 << 20, milliseconds: 30_000);

        Assert.Equal("400000", box.Run("local all = {} for i = 1, 400000 do all[i] = i end return #all"));
    }

    private static int NextSize(Random random) => random.Next(20) == 0 ? random.Next(1, 40_000) : random.Next(1, 600);

    private static (nint Block, int Size, byte Mark) Marked(nint block, int size, Random random)
    {
        var mark = (byte)random.Next(256);
        NativeMemory.Fill((void*)block, (nuint)size, mark);
        return (block, size, mark);
    }

    private static void AssertMarked(nint block, int size, byte mark) => Assert.False(new Span<byte>((void*)block, size).ContainsAnyExcept(mark), "It has been written into.");
}
