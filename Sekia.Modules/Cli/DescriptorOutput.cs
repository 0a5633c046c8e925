using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sekia.Modules.Cli;

/// <summary>
/// Writes where a descriptor of the process stands. .NET's own stream of a file keeps a position to itself: what others write to the same file,
/// before or after or as its second stream, it would write over.
/// </summary>
/// <param name="number">Of the descriptor; it stays open.</param>
internal sealed partial class DescriptorOutput(int number) : MemoryStream
{
    private const int Interrupted = 4;
    private const int BadDescriptor = 9;
    private const short Writable = 4;
    private const int ForEver = -1;

    /// <summary>Try again, on Linux and elsewhere: somebody has made it one that does not wait.</summary>
    private static readonly int s_full = OperatingSystem.IsLinux() ? 11 : 35;

    /// <exception cref="IOException">It cannot be written; the number of the fault is the system's.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            for (var done = 0; done < buffer.Length;)
            {
                var written = write(number, bytes + done, (nuint)(buffer.Length - done));
                if (written >= 0)
                {
                    done += (int)written;
                }
                else
                {
                    GoOn(Marshal.GetLastPInvokeError());
                }
            }
        }
    }

    private unsafe void GoOn(int fault)
    {
        if (fault == s_full)
        {
            var wanted = new Wanted { Number = number, Events = Writable };
            _ = poll(&wanted, 1, ForEver);
        }
        else if (fault != Interrupted)
        {
            throw new IOException(fault == BadDescriptor ? "it is closed" : new Win32Exception(fault).Message, fault);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int number, byte* bytes, nuint count);

    [LibraryImport("libc")]
    private static unsafe partial int poll(Wanted* wanted, nuint count, int milliseconds);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Wanted
    {
        public int Number;
        public short Events;
        public short Happened;
    }
}
