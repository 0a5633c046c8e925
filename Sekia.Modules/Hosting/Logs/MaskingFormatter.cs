using Serilog.Events;
using Serilog.Formatting;

namespace Sekia.Modules.Hosting.Logs;

/// <summary>Writes a log entry as another formatter does, without the secrets: message, properties and exception alike.</summary>
internal sealed class MaskingFormatter(ITextFormatter inner, SecretMask mask) : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var entry = new StringWriter();
        inner.Format(logEvent, entry);
        output.Write(mask.Apply(entry.ToString()));
    }
}
