using System.Buffers;
using System.Text.Json;

namespace Sekia.Modules.Bus;

/// <summary>What a live subscriber receives: a subject and a body in the wire shape of the Go original.</summary>
public sealed class Message
{
    private readonly ReadOnlyMemory<byte> _body;

    public Message(string subject, ReadOnlyMemory<byte> body)
    {
        Subject = subject;
        _body = body;
    }

    public Message(Event evt)
    {
        Subject = evt.Subject;
        Event = evt;
    }

    public string Subject { get; }

    /// <summary>The event, when the message is one; <c>null</c> for registrations, heartbeats, commands and reloads.</summary>
    public Event? Event { get; }

    /// <summary>The body as UTF-8 JSON. An event's is written when asked for, so that nobody pays for what nobody reads.</summary>
    public ReadOnlyMemory<byte> Body => Event is null ? _body : WireForm(Event);

    private static ReadOnlyMemory<byte> WireForm(Event evt)
    {
        var buffer = new ArrayBufferWriter<byte>(evt.Payload.Length + 256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("id"u8, evt.Id);
        json.WriteString("type"u8, evt.Type);
        json.WriteString("source"u8, evt.Source);
        json.WriteNumber("timestamp"u8, evt.Timestamp);
        json.WritePropertyName("payload"u8);
        json.WriteRawValue(evt.Payload.Span, skipInputValidation: true);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
