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
internal unsafe partial struct LuaHeap
{
    /// <summary>The most bytes that a page is shared for.</summary>
    private const nuint MaxSmall = 512;

    /// <summary>Bytes of the pages in use and the large blocks.</summary>
    public readonly long Used => ((long)_pagesInUse * PageSize) + _large;

    /// <summary>Bytes that nobody else can have meanwhile: also of the pages that are not in use, in chunks of which others are.</summary>
    public readonly long Held => ((long)_pages * PageSize) + _large;

    /// <summary>Whether there is room for a block of that size in what it holds already.</summary>
    public readonly bool HasRoom(nuint size) => size <= MaxSmall && (_roomy[ClassOf(size)] != 0 || _chunks != null);

    /// <summary>By how many bytes more it would hold if a block changed its size and there were no room.</summary>
    public readonly long Growth(nuint oldSize, nuint newSize) =>
        newSize <= MaxSmall ? (long)NextChunk * PageSize : (long)(newSize - (oldSize > MaxSmall ? oldSize : 0));

    /// <summary>Whether a block is best left where it is when its size changes.</summary>
    public static bool FitsInPlace(void* block, nuint oldSize, nuint newSize) => CanStay(block, oldSize, newSize) && PageOf(block)->SizeClass == ClassOf(newSize);

    /// <summary>Whether a block can be left where it is when its size changes: in a page, with as much room as before.</summary>
    public static bool CanStay(void* block, nuint oldSize, nuint newSize) => oldSize <= MaxSmall && newSize <= (nuint)PageOf(block)->BlockSize;

    /// <param name="size">In bytes; not 0.</param>
    /// <exception cref="OutOfMemoryException">The machine has no more.</exception>
    public void* Allocate(nuint size)
    {
        if (size > MaxSmall)
        {
            var block = NativeMemory.Alloc(size);
            _large += (long)size;
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
            _large += (long)newSize - (long)oldSize;
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
            _large -= (long)size;
            return;
        }

        var page = PageOf(block);
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
}
