using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Agents;

/// <summary>
/// Registers every agent on the bus and sends its heartbeats, in the wire shapes of the Go original; a heartbeat only while the agent's
/// own loops are really turning.
/// </summary>
internal sealed class Heartbeat(AgentRegistry registry, LiveFeed feed, LiveOptions<AgentsOptions> options, TimeProvider clock) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var entry in registry.Agents)
        {
            entry.Stop();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var entry in registry.Agents)
        {
            feed.Publish(new Message(Subject.Registry, Registration(entry)));
        }

        using var timer = new PeriodicTimer(options.Current.HeartbeatInterval, clock);
        try
        {
            do
            {
                // One look and one time for all of a round.
                var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
                foreach (var entry in registry.Agents.Where(IsTurning).ToArray())
                {
                    entry.Beat(now);
                    feed.Publish(new Message(Subject.OfHeartbeat(entry.Name), Beat(entry)));
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private static bool IsTurning(AgentEntry entry)
    {
        lock (entry.Pulses)
        {
            return entry.Pulses.TrueForAll(isTurning => isTurning());
        }
    }

    private static ReadOnlyMemory<byte> Registration(AgentEntry entry) => Json(json =>
    {
        json.WriteString("name"u8, entry.Name);
        json.WriteString("version"u8, HostVersion.Text);
        WriteNames(json, "capabilities", entry.Agent.Capabilities);
        WriteNames(json, "commands", entry.Agent.Commands.Select(command => command.Name));
    });

    private static ReadOnlyMemory<byte> Beat(AgentEntry entry) => Json(json =>
    {
        json.WriteString("name"u8, entry.Name);
        json.WriteString("status"u8, "running"u8);
        json.WriteString("last_event"u8, LastEvent(entry).UtcDateTime);
        json.WriteNumber("events_processed"u8, entry.Events + entry.Commands);
        json.WriteNumber("errors"u8, entry.Errors);
    });

    /// <summary>The original's zero time before the first; in UTC, since it cannot be read without a zone.</summary>
    private static DateTimeOffset LastEvent(AgentEntry entry) =>
        entry.LastEventAt == 0 ? DateTimeOffset.MinValue : DateTimeOffset.FromUnixTimeMilliseconds(entry.LastEventAt);

    private static void WriteNames(Utf8JsonWriter json, string property, IEnumerable<string> names)
    {
        json.WriteStartArray(property);
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
