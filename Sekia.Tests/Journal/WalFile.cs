using System.Buffers.Binary;

namespace Sekia.Tests.Journal;

/// <summary>Counts commits where they cannot be hidden: in the write-ahead log, whose format SQLite documents.</summary>
internal static class WalFile
{
    private const int HeaderLength = 32;
    private const int FrameHeaderLength = 24;

    /// <summary>The transactions in the log: the last frame of each carries the size of the database after it.</summary>
    public static int Commits(string path)
    {
        using var file = new FileStream(path + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> header = stackalloc byte[HeaderLength];
        file.ReadExactly(header);
        var pageSize = BinaryPrimitives.ReadInt32BigEndian(header[8..]);
        var salt = BinaryPrimitives.ReadUInt64BigEndian(header[16..]);

        var commits = 0;
        Span<byte> frame = stackalloc byte[FrameHeaderLength];
        while (file.ReadAtLeast(frame, FrameHeaderLength, throwOnEndOfStream: false) == FrameHeaderLength
            && BinaryPrimitives.ReadUInt64BigEndian(frame[8..]) == salt)
        {
            commits += BinaryPrimitives.ReadInt32BigEndian(frame[4..]) == 0 ? 0 : 1;
            file.Seek(pageSize, SeekOrigin.Current);
        }

        return commits;
    }
}
