using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Remote;

/// <summary>
/// Follows the stream of a host, and asks for it again where it was when it ends: nothing is missed and nothing comes twice, over a restart
/// of the host too.
/// </summary>
internal sealed class EventFollower(HostClient host, string path, IEventLines lines, TextWriter notes)
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <param name="after">The number after which to begin; <c>null</c> for what comes from now on.</param>
    /// <param name="stop">The only end there is.</param>
    /// <exception cref="HostFaultException">The host is not there at the beginning, or refuses.</exception>
    public async Task FollowAsync(long? after, CancellationToken stop)
    {
        // The end of the journal by its number: what comes between two connections is not missed even if nothing came on the first.
        var last = after ?? (long?)(await host.GetAsync("status", stop))["events"]?["head"] ?? throw host.NotSekia();
        var pause = s_first;
        var hasBegun = false;
        while (true)
        {
            string reason;
            try
            {
                using var answer = await host.OpenStreamAsync(path, last, stop);
                if (hasBegun)
                {
                    await notes.WriteLineAsync($"Sekia answers again; it goes on after {last}.");
                }

                (hasBegun, pause) = (true, s_first);
                await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(stop)).EnumerateAsync(stop))
                {
                    last = long.Parse(item.EventId is { Length: > 0 } id ? id : throw host.NotSekia(), System.Globalization.CultureInfo.InvariantCulture);
                    Show(item);
                }

                reason = "The stream has ended.";
            }
            catch (HostFaultException fault) when (hasBegun && (fault.Passes || fault.ExitCode == HostFaultException.NoHost))
            {
                reason = PlainText.Of(fault.Message);
            }
            catch (Exception fault) when (fault is JsonException or FormatException or OverflowException)
            {
                throw host.NotSekia();
            }
            catch (Exception fault) when (fault is HttpIOException or HttpRequestException || fault is IOException { InnerException: System.Net.Sockets.SocketException })
            {
                reason = "The connection is lost.";
            }

            await notes.WriteLineAsync($"{reason} The next try is in {pause.TotalSeconds:0} s.");
            await Task.Delay(pause, stop);
            pause = pause * 2 > s_longest ? s_longest : pause * 2;
        }
    }

    private void Show(SseItem<string> item)
    {
        var data = JsonNode.Parse(item.Data, documentOptions: CliJson.Answers) as JsonObject ?? throw host.NotSekia();
        if (item.EventType == "gap")
        {
            notes.WriteLine((long)data["after"]! >= (long)data["first"]!
                ? $"The journal has no number {data["after"]}: {CliTable.Line(data["detail"])}"
                : $"Between {data["after"]} and {data["first"]} something is missing: {CliTable.Line(data["detail"])}");
            return;
        }

        lines.Write(data);
    }
}

/// <summary>How events are shown that come one by one.</summary>
internal interface IEventLines
{
    /// <summary>One event, in one line.</summary>
    void Write(JsonObject evt);
}

/// <summary>For programs: an object a line.</summary>
internal sealed class JsonEventLines(TextWriter output) : IEventLines
{
    public void Write(JsonObject evt) => output.WriteLine(evt.ToJsonString(CliJson.Plain));
}

/// <summary>For people: the columns of <c>sekia events list</c>, as wide as usual.</summary>
internal sealed class PlainEventLines(TextWriter output) : IEventLines
{
    public void Write(JsonObject evt) => output.WriteLine(
        $"{CliTable.Line(evt["seq"]),-8} {CliTable.TimeOfEvent(evt["timestamp"])}   {CliTable.Line(evt["type"]),-30} {CliTable.Line(evt["source"]),-20} {CliTable.Line(evt["id"])}");
}
