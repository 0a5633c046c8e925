using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Api;

/// <summary>Writes events in the format of Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html).</summary>
internal sealed class EventStreamWriter(PipeWriter output)
{
    /// <summary>Above this the room for one event is given back: most are small, and a client that does not read keeps what it has.</summary>
    private const int KeptBytes = 64 << 10;

    private ArrayBufferWriter<byte> _data = new();

    /// <summary>A line that clients skip.</summary>
    public void Comment(string text) => output.Write(Encoding.UTF8.GetBytes($": {text}\n\n"));

    /// <summary>An event, with its number as id.</summary>
    public void Event(Event evt)
    {
        WriteId(evt.Seq);
        WriteData(EventView.Of(evt), static (json, view) => JsonSerializer.Serialize(json, view, ApiJson.Readable.EventView));
    }

    /// <summary>Numbers that cannot be sent any more. Its id is the last of them, so that a client that comes back is not told again.</summary>
    public void Gap(JournalGap gap)
    {
        WriteId(gap.First - 1);
        output.Write("event: gap\n"u8);
        WriteData(
            new StreamGap(gap.After, gap.First, gap.After < gap.First
                ? "The events between are no longer in the journal (Journal:KeepFor, Journal:KeepBytes)."
                : $"Its last one is {gap.First - 1}. It may be another journal than before; what comes from now on follows."),
            static (json, view) => JsonSerializer.Serialize(json, view, ApiJson.Readable.StreamGap));
    }

    /// <summary>Something of another kind than an event or a gap.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="id">Where a client that comes back is to go on; <c>null</c> when that does not change.</param>
    public void Message(string name, long? id, string data)
    {
        if (id is { } number)
        {
            WriteId(number);
        }

        output.Write(Encoding.UTF8.GetBytes($"event: {name}\n"));
        WriteLines(Encoding.UTF8.GetBytes(data));
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("The client has gone.");
        }
    }

    private void WriteId(long id)
    {
        output.Write("id: "u8);
        var number = output.GetSpan(20);
        Utf8Formatter.TryFormat(id, number, out var length);
        output.Advance(length);
        output.Write("\n"u8);
    }

    private void WriteData<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        if (_data.Capacity > KeptBytes)
        {
            _data = new ArrayBufferWriter<byte>();
        }

        _data.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_data))
        {
            write(json, value);
        }

        // A payload is sent as it came, maybe with line ends between its tokens.
        WriteLines(_data.WrittenSpan);
    }

    /// <summary>Each line end begins a new line of data.</summary>
    private void WriteLines(ReadOnlySpan<byte> rest)
    {
        while (true)
        {
            var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
            output.Write("data: "u8);
            output.Write(end < 0 ? rest : rest[..end]);
            output.Write("\n"u8);
            if (end < 0)
            {
                break;
            }

            rest = rest[(end + 1)..];
        }

        output.Write("\n"u8);
    }
}

/// <summary>Numbers that a client of the stream asked for and that are gone.</summary>
/// <param name="After">The last number before the gap.</param>
/// <param name="First">The first number after it.</param>
internal sealed record StreamGap(long After, long First, string Detail);
