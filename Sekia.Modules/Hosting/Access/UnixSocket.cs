using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Sekia.Modules.Hosting.Access;

/// <summary>
/// The socket for this user's own programs. Whoever can open it may do anything, so nobody else can: it lies in a folder that belongs to
/// the user and that only the user can enter.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static class UnixSocket
{
    private const UnixFileMode UserOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode UserFolder = UserOnly | UnixFileMode.UserExecute;
    private const int Backlog = 512;

    /// <summary>Listens at a path. What a host left there that was killed is replaced; what answers there is left alone.</summary>
    /// <exception cref="StartFailedException">It cannot be done safely; the message says why and what to do.</exception>
    public static Socket Listen(string path)
    {
        try
        {
            var folder = Path.GetDirectoryName(path)!;
            PrivateFolder.Create(folder);
            CheckFolder(folder);

            // Between looking and listening no second host may do the same.
            using var alone = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            RemoveStale(path);
            return ListenAt(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SocketException)
        {
            throw Fault($"the socket {path} cannot be made: {fault.Message.TrimEnd('.')}. Make its folder writable for this user");
        }
    }

    private static void CheckFolder(string folder)
    {
        if (new DirectoryInfo(folder).LinkTarget is { } target)
        {
            throw Fault($"{folder} is a link to {target}, and a socket is not put behind a link. Put a folder in its place");
        }

        CheckOwner(folder);
        if ((File.GetUnixFileMode(folder) & ~UserFolder) != 0)
        {
            throw Fault($"other users can enter {folder}, where the socket is to be. Run chmod 700 {folder}");
        }
    }

    private static void CheckOwner(string path)
    {
        if (UnixFile.OwnerOf(path) is { } owner && owner != UnixFile.Self)
        {
            throw Fault($"{path} belongs to another user (number {owner}). Remove it, or let it belong to this user");
        }
    }

    private static void RemoveStale(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is { } target)
        {
            throw Fault($"{path} is a link to {target}, and a socket is not put behind a link. Remove it");
        }

        if (UnixFile.OwnerOf(path) is null)
        {
            return;
        }

        CheckOwner(path);
        if (!UnixFile.IsSocket(path))
        {
            throw Fault($"{path} is there already and is no socket. Remove it");
        }

        if (Answers(path))
        {
            throw Fault($"another Sekia answers at {path}. Stop it");
        }

        file.Delete();
    }

    private static bool Answers(string path)
    {
        using var caller = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            caller.Blocking = false;
            caller.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException fault)
        {
            // Too busy to take a call is alive too.
            return fault.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }

    private static Socket ListenAt(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UserOnly);

            // Already here, although the web server does it again: a socket that nobody listens on looks stale to the next host.
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static StartFailedException Fault(string sentence) =>
        new($"Sekia cannot start: {sentence}, or set {SocketPath.Setting} to another path (to nothing for no socket).");
}
