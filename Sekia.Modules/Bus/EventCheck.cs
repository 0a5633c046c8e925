using System.Globalization;

namespace Sekia.Modules.Bus;

/// <summary>What every event must satisfy before the journal takes it, wherever it comes from.</summary>
internal static class EventCheck
{
    /// <summary>The longest type, and the longest source, in characters.</summary>
    public const int MaxNameLength = 255;

    /// <summary>The longest source key, in characters.</summary>
    public const int MaxKeyLength = 512;

    /// <summary>Lets a well-formed event pass.</summary>
    /// <param name="maxPayloadBytes">The setting <c>Journal:MaxPayloadBytes</c>.</param>
    /// <exception cref="InvalidEventException">The event is malformed; the message names the fault and never shows the payload.</exception>
    /// <exception cref="EventTooLargeException">The payload is over the limit.</exception>
    public static void Validate(Event evt, int maxPayloadBytes)
    {
        var fault = Subject.FaultOf(evt.Subject)
            ?? FaultOfText("type", evt.Type, MaxNameLength)
            ?? FaultOfText("source", evt.Source, MaxNameLength)
            ?? (evt.Key is null ? null : FaultOfText("key", evt.Key, MaxKeyLength))
            ?? FaultOfNumbers(evt);
        if (fault is not null)
        {
            throw new InvalidEventException(fault);
        }

        // Size before content: what is too large is not worth reading.
        CheckSize(evt.Payload, maxPayloadBytes);
        if (JsonText.FaultOfObject(evt.Payload.Span) is { } payloadFault)
        {
            throw new InvalidEventException($"payload is refused: {payloadFault}");
        }
    }

    /// <summary>What is wrong with the names that a person or a program gives a command, in a sentence; <c>null</c> when nothing is.</summary>
    public static string? FaultOfNames(Command command) =>
        FaultOfText("source", command.Source, MaxNameLength) ?? (command.Key is null ? null : FaultOfText("key", command.Key, MaxKeyLength));

    /// <summary>Lets a payload of an event or a command pass that is not too large.</summary>
    /// <param name="maxPayloadBytes">The setting <c>Journal:MaxPayloadBytes</c>.</param>
    /// <exception cref="EventTooLargeException">It is over the limit.</exception>
    public static void CheckSize(ReadOnlyMemory<byte> payload, int maxPayloadBytes)
    {
        if (payload.Length > maxPayloadBytes)
        {
            throw new EventTooLargeException(string.Create(
                CultureInfo.InvariantCulture,
                $"payload is {payload.Length:N0} bytes; the limit is {maxPayloadBytes:N0} (Journal:MaxPayloadBytes)"));
        }
    }

    private static string? FaultOfText(string field, string text, int maxLength)
    {
        if (text.Length == 0)
        {
            return $"{field} must not be empty";
        }

        if (text.Length > maxLength)
        {
            return $"{field} has at most {maxLength} characters, this one has {text.Length}";
        }

        if (HasHalfPair(text))
        {
            return $"{field} has half of a surrogate pair";
        }

        return HasControl(text) ? $"{field} has a control character" : null;
    }

    /// <summary>UTF-8 cannot hold it, and two keys that differ only there would become one.</summary>
    private static bool HasHalfPair(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasControl(ReadOnlySpan<char> text) =>
        text.ContainsAnyInRange('\u0000', '\u001F') || text.ContainsAnyInRange('\u007F', '\u009F');

    private static string? FaultOfNumbers(Event evt)
    {
        if (evt.Timestamp < 0)
        {
            return $"timestamp must be Unix seconds from 0 on, not {evt.Timestamp}";
        }

        return evt.Depth is >= 0 and <= Event.MaxDepth
            ? null
            : $"depth {evt.Depth} is out of range: a chain of consequences has at most {Event.MaxDepth} steps";
    }
}
