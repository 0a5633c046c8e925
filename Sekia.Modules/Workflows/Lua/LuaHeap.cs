using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>
/// The memory of one Lua state, apart from everybody else's: in the C library's, whoever asks for some next may have to tidy up what a script
/// threw away, for tens of milliseconds. Used by one thread at a time, like its state.
/// </summary>
/// <remarks>
/// A small block lies in a page with others of its size, so that freeing and using it again takes a few instructions and moves nothing. An empty
/// page serves for any size. Pages come from chunks, and a chunk without a page in use goes back. Large blocks are the C library's.
/// </remarks>
internal unsafe struct LuaHeap
{
    /// <summary>Bytes, and what its address is a multiple of.</summary>
    public const int PageSize = 4096;

    /// <summary>The most bytes that a page is shared for.</summary>
    private const nuint MaxSmall = 512;

    private const int FewestPages = 8;
    private const int MostPages = 256;
    private const int SizeClasses = 16;

    /// <summary>Of each size, the pages with room.</summary>
    private Lists _roomy;

    /// <summary>The chunks with room.</summary>
    private Chunk* _chunks;

    /// <summary>The one chunk that is kept without a page in use, so that a script on the edge does not have it fetched and returned in turns.</summary>
    private Chunk* _spare;
    private int _pages;

    /// <summary>Bytes of the pages in use and the large blocks.</summary>
    public long Held { get; private set; }

    /// <summary>Bytes of all chunks, with the pages that are not in use.</summary>
    public readonly long Reserved => (long)_pages * PageSize;

    /// <summary>Whether a block may have another size where it is.</summary>
    public static bool FitsInPlace(nuint oldSize, nuint newSize) => oldSize <= MaxSmall && newSize <= MaxSmall && ClassOf(oldSize) == ClassOf(newSize);

    /// <summary>Whether there is a block of that size in a page that it holds already.</summary>
    public readonly bool HasRoom(nuint size) => size <= MaxSmall && _roomy[ClassOf(size)] != 0;

    /// <summary>By how many bytes more it would hold if a block that it has no room for became larger.</summary>
    public static long Growth(nuint oldSize, nuint newSize) => newSize <= MaxSmall ? PageSize : (long)(newSize - (oldSize > MaxSmall ? oldSize : 0));

    /// <param name="size">In bytes; not 0.</param>
    /// <exception cref="OutOfMemoryException">The machine has no more.</exception>
    public void* Allocate(nuint size)
    {
        if (size > MaxSmall)
        {
            var block = NativeMemory.Alloc(size);
            Held += (long)size;
            return block;
        }

        var list = ClassOf(size);
        var page = (Page*)_roomy[list];
        if (page == null)
        {
            page = NewPage(list);
            Link(page);
        }

        void* free;
        if (page->Free != null)
        {
            free = page->Free;
            page->Free = *(void**)free;
        }
        else
        {
            free = (byte*)page + page->Carved;
            page->Carved += page->BlockSize;
        }

        page->Live++;
        if (page->IsFull)
        {
            Unlink(page);
        }

        return free;
    }

    /// <summary>Gives a block another size, perhaps elsewhere.</summary>
    /// <exception cref="OutOfMemoryException">The machine has no more; the block is as it was.</exception>
    public void* Resize(void* block, nuint oldSize, nuint newSize)
    {
        if (oldSize > MaxSmall && newSize > MaxSmall)
        {
            var moved = NativeMemory.Realloc(block, newSize);
            Held += (long)newSize - (long)oldSize;
            return moved;
        }

        var fresh = Allocate(newSize);
        NativeMemory.Copy(block, fresh, Math.Min(oldSize, newSize));
        Free(block, oldSize);
        return fresh;
    }

    public void Free(void* block, nuint size)
    {
        if (size > MaxSmall)
        {
            NativeMemory.Free(block);
            Held -= (long)size;
            return;
        }

        var page = (Page*)((nuint)block & ~(nuint)(PageSize - 1));
        if (page->IsFull)
        {
            Link(page);
        }

        *(void**)block = page->Free;
        page->Free = block;
        if (--page->Live == 0)
        {
            Unlink(page);
            Return(page);
        }
    }

    /// <summary>To be called when all blocks are freed.</summary>
    public void Close()
    {
        if (_spare != null)
        {
            Release(_spare);
        }
    }

    /// <summary>In steps of 16 bytes up to 128, and of a quarter of the power of two from there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ClassOf(nuint size)
    {
        var last = (uint)size - 1;
        if (last < 128)
        {
            return (int)(last >> 4);
        }

        var power = BitOperations.Log2(last);
        return 8 + ((power - 7) * 4) + (int)((last >> (power - 2)) & 3);
    }

    private static int SizeOf(int list) => list < 8 ? (list + 1) << 4 : (5 + (list & 3)) << (5 + ((list - 8) >> 2));

    private Page* NewPage(int list)
    {
        var chunk = _chunks != null ? _chunks : NewChunk();
        Page* page;
        if (chunk->Free != null)
        {
            page = chunk->Free;
            chunk->Free = page->Next;
        }
        else
        {
            page = (Page*)(chunk->Memory + (chunk->Carved++ * PageSize));
        }

        if (chunk == _spare)
        {
            _spare = null;
        }

        chunk->Live++;
        if (chunk->IsFull)
        {
            Unlink(chunk);
        }

        *page = new Page { Chunk = chunk, SizeClass = list, BlockSize = SizeOf(list), Carved = Page.Header };
        Held += PageSize;
        return page;
    }

    private void Return(Page* page)
    {
        var chunk = page->Chunk;
        if (chunk->IsFull)
        {
            Link(chunk);
        }

        page->Next = chunk->Free;
        chunk->Free = page;
        Held -= PageSize;
        if (--chunk->Live > 0)
        {
            return;
        }

        if (_spare == null)
        {
            _spare = chunk;
        }
        else if (_spare->Pages < chunk->Pages)
        {
            var less = _spare;
            _spare = chunk;
            Release(less);
        }
        else
        {
            Release(chunk);
        }
    }

    /// <summary>As large as all before it together, within bounds: a small script takes little, and a large one does not ask often.</summary>
    private Chunk* NewChunk()
    {
        var pages = Math.Clamp(_pages, FewestPages, MostPages);
        var chunk = (Chunk*)NativeMemory.Alloc((nuint)sizeof(Chunk));
        byte* memory;
        try
        {
            memory = (byte*)NativeMemory.AlignedAlloc((nuint)pages * PageSize, PageSize);
        }
        catch (OutOfMemoryException)
        {
            NativeMemory.Free(chunk);
            throw;
        }

        *chunk = new Chunk { Memory = memory, Pages = pages };
        _pages += pages;
        Link(chunk);
        return chunk;
    }

    private void Release(Chunk* chunk)
    {
        Unlink(chunk);
        _pages -= chunk->Pages;
        NativeMemory.AlignedFree(chunk->Memory);
        NativeMemory.Free(chunk);
    }

    private void Link(Page* page)
    {
        var first = (Page*)_roomy[page->SizeClass];
        page->Previous = null;
        page->Next = first;
        if (first != null)
        {
            first->Previous = page;
        }

        _roomy[page->SizeClass] = (nint)page;
    }

    private void Unlink(Page* page)
    {
        if (page->Previous != null)
        {
            page->Previous->Next = page->Next;
        }
        else
        {
            _roomy[page->SizeClass] = (nint)page->Next;
        }

        if (page->Next != null)
        {
            page->Next->Previous = page->Previous;
        }
    }

    private void Link(Chunk* chunk)
    {
        chunk->Previous = null;
        chunk->Next = _chunks;
        if (_chunks != null)
        {
            _chunks->Previous = chunk;
        }

        _chunks = chunk;
    }

    private void Unlink(Chunk* chunk)
    {
        if (chunk->Previous != null)
        {
            chunk->Previous->Next = chunk->Next;
        }
        else
        {
            _chunks = chunk->Next;
        }

        if (chunk->Next != null)
        {
            chunk->Next->Previous = chunk->Previous;
        }
    }

    /// <summary>Stands at the beginning of its memory.</summary>
    private struct Page
    {
        /// <summary>Where the first block is. Every block lies at a multiple of 16, as C's own would.</summary>
        public const int Header = 48;

        public Page* Next;
        public Page* Previous;
        public Chunk* Chunk;

        /// <summary>The first of those that were freed, each of which begins with the address of the next.</summary>
        public void* Free;
        public int SizeClass;
        public int BlockSize;

        /// <summary>Where the first block would be that was never used.</summary>
        public int Carved;
        public int Live;

        public readonly bool IsFull => Free == null && Carved + BlockSize > PageSize;
    }

    private struct Chunk
    {
        public Chunk* Next;
        public Chunk* Previous;
        public byte* Memory;

        /// <summary>The first of those that were used and are not.</summary>
        public Page* Free;
        public int Pages;

        /// <summary>How many were ever used.</summary>
        public int Carved;
        public int Live;

        public readonly bool IsFull => Free == null && Carved == Pages;
    }

    [InlineArray(SizeClasses)]
    private struct Lists
    {
        private nint _first;
    }
}
