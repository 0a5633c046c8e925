using System.Buffers;
using System.Text.Json;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>What the host itself says about its work, for workflows and people who listen.</summary>
internal static class Announcements
{
    public const string Source = Bus.Subject.HostSource;

    public static readonly string Subject = Bus.Subject.OfEvents(Source);

    /// <summary><c>command.succeeded</c> or <c>command.failed</c> (uncertain ones too): which command, for whom, and what came of it.</summary>
    public static Event OfCommand(Command command)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + (command.Result?.Length ?? 0));
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("id"u8, command.Id);
        json.WriteString("agent"u8, command.Agent);
        json.WriteString("command"u8, command.Name);
        json.WriteString("source"u8, command.Source);
        json.WriteString("status"u8, command.Status.Name());
        json.WriteNumber("attempts"u8, command.Attempts);
        if (command.Result is { } result)
        {
            json.WritePropertyName("result"u8);
            json.WriteRawValue(result.Span, skipInputValidation: true);
        }

        if (command.Reason is not null)
        {
            json.WriteString("reason"u8, command.Reason);
        }

        json.WriteEndObject();
        json.Flush();
        return new Event
        {
            Subject = Subject,
            Type = command.Status == CommandStatus.Succeeded ? "command.succeeded" : "command.failed",
            Source = Source,
            Payload = buffer.WrittenMemory,
            Cause = command.Cause with { Command = command.Seq },
            Depth = command.Depth,
        };
    }
}
