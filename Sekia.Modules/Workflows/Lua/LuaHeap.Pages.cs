using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sekia.Modules.Workflows.Lua;

/// <content>Where small blocks lie.</content>
internal unsafe partial struct LuaHeap
{
    /// <summary>Bytes, and what its address is a multiple of.</summary>
    public const int PageSize = 4096;

    private const int FewestPages = 8;
    private const int MostPages = 64;
    private const int SizeClasses = 16;

    /// <summary>Of each size, the pages with room.</summary>
    private Lists _roomy;

    /// <summary>The chunks with room.</summary>
    private Chunk* _chunks;

    /// <summary>The one chunk that is kept without a page in use, so that a script on the edge does not have it fetched and returned in turns.</summary>
    private Chunk* _spare;
    private int _pages;
    private int _pagesInUse;

    /// <summary>Bytes of the large blocks.</summary>
    private long _large;

    /// <summary>In pages: as large as all before it together, within bounds. A small script takes little, and a large one does not ask often.</summary>
    private readonly int NextChunk => Math.Clamp(_pages, FewestPages, MostPages);

    private static Page* PageOf(void* block) => (Page*)((nuint)block & ~(nuint)(PageSize - 1));

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
        _pagesInUse++;
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
        _pagesInUse--;
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

    private Chunk* NewChunk()
    {
        var pages = NextChunk;
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
