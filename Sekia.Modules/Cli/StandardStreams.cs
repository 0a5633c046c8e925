using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Sekia.Modules.Cli;

/// <summary>
/// Standard output and error, as they are: .NET's own console swallows that nobody reads any more, and a command that follows something
/// would never end.
/// </summary>
internal static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>Runs a command with the streams.</summary>
    /// <returns>What the command returns; 0 when whoever read its output has had enough; 1 when the output cannot be written.</returns>
    public static async Task<int> RunAsync(Func<TextWriter, TextWriter, Task<int>> command)
    {
        // There is nowhere to say that nothing can be said.
        await using var error = WriterOf(Error, _ => { });
        await using var output = WriterOf(Output, fault => throw new OutputFaultException(fault));
        try
        {
            return await command(output, error);
        }
        catch (OutputFaultException fault) when (fault.IsGone)
        {
            return 0;
        }
        catch (OutputFaultException fault)
        {
            await error.WriteLineAsync($"The output cannot be written: {fault.Message}");
            return 1;
        }
    }

    /// <summary>Where to tell somebody who waits how far it is: nowhere, unless somebody sits there.</summary>
#pragma warning disable RS0030 // This is where the console is.
    public static TextWriter Progress(TextWriter error) => Console.IsErrorRedirected ? TextWriter.Null : error;

    /// <summary>Whether somebody sits at the standard input.</summary>
    public static bool IsInputTyped => !Console.IsInputRedirected;
#pragma warning restore RS0030

    private static StreamWriter WriterOf(int number, Action<IOException> onFault) => new(new WatchedOutput(Open(number), onFault), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };

    private static Stream Open(int number)
    {
        if (!OperatingSystem.IsWindows())
        {
            try
            {
                // Looks whether it can be written at all: a number that was closed before the program began may be that of something else now.
                using var looked = new FileStream(new SafeFileHandle(number, ownsHandle: false), FileAccess.Write, bufferSize: 0);
                return new DescriptorOutput(number);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
            {
                return new ClosedOutput(fault.Message);
            }
        }

#pragma warning disable RS0030 // This is where the console is.
        return number == Output ? Console.OpenStandardOutput() : Console.OpenStandardError();
#pragma warning restore RS0030
    }
}

/// <summary>What was to be written cannot be.</summary>
internal sealed class OutputFaultException(IOException fault) : Exception(fault.Message, fault)
{
    private const int BrokenPipe = 32;
    private const int BrokenPipeOnWindows = unchecked((int)0x8007006D);

    /// <summary>Whether it is just that nobody reads it any more, as with <c>head</c>.</summary>
    public bool IsGone => fault.HResult is BrokenPipe or BrokenPipeOnWindows || fault.Message.StartsWith("Broken pipe", StringComparison.Ordinal);
}
