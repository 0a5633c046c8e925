namespace Sekia.Modules.Journal;

/// <summary>The journal cannot record or read now; what was offered is not accepted. The message says why and what to do.</summary>
public class JournalUnavailableException : Exception
{
    public JournalUnavailableException(string message)
        : base(message)
    {
    }

    public JournalUnavailableException(string message, Exception cause)
        : base(message, cause)
    {
    }
}

/// <summary>A write was refused by itself; the others of its transaction are not concerned.</summary>
internal sealed class WriteRefusedException(string message) : Exception(message);
