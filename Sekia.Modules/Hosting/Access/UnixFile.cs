using System.Runtime.InteropServices;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Whose a file is and what kind, which .NET does not tell. Asked of its own native part, whose structure is the same on every Unix.</summary>
internal static partial class UnixFile
{
    private const int KindMask = 0xF000;
    private const int SocketKind = 0xC000;

    /// <summary>The number of the user that a file, a folder or a link itself belongs to; <c>null</c> when it is not there.</summary>
    public static uint? OwnerOf(string path) => LStat(path, out var status) == 0 ? status.Uid : null;

    public static bool IsSocket(string path) => LStat(path, out var status) == 0 && (status.Mode & KindMask) == SocketKind;

    /// <summary>The number of the user that this process acts as.</summary>
    public static uint Self => geteuid();

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_LStat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LStat(string path, out FileStatus status);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    /// <summary>The beginning of the structure; the size leaves room for all that follows.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct FileStatus
    {
        public int Flags;
        public int Mode;
        public uint Uid;
    }
}
