using System.Globalization;
using System.Text.Json;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Api;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Mcp;

/// <summary>Events as resources: all can be read, the newest are listed.</summary>
internal sealed class EventResources(EventsApi events, EventJournal journal)
{
    public const string Prefix = "sekia://events/";
    private const string MimeType = "application/json";

    /// <summary>How many are listed: a list is for choosing from, and list_events finds the rest.</summary>
    private const int Listed = 50;

    public static ResourceTemplate Template { get; } = new()
    {
        Name = "event",
        UriTemplate = Prefix + "{id}",
        Description = "An event that Sekia has heard, with its payload.",
        MimeType = MimeType,
    };

    public IEnumerable<Resource> List() => Newest().Select(evt => new Resource
    {
        Name = evt.Id,
        Title = $"{evt.Type} from {evt.Source}",
        Uri = Prefix + evt.Id,
        Description = string.Create(CultureInfo.InvariantCulture, $"Number {evt.Seq}, on {evt.Subject}, {DateTimeOffset.FromUnixTimeSeconds(evt.Timestamp):yyyy-MM-dd HH:mm:ss}Z"),
        MimeType = MimeType,
    });

    public IEnumerable<string> Ids() => Newest().Select(evt => evt.Id);

    /// <exception cref="Microsoft.AspNetCore.Http.BadHttpRequestException">There is no such event.</exception>
    public TextResourceContents Read(string id) => new()
    {
        Uri = Prefix + id,
        MimeType = MimeType,
        Text = JsonSerializer.Serialize(EventView.Of(EventsApi.Find(journal, id)), ApiJson.Readable.Options),
    };

    private IReadOnlyList<EventView> Newest() => events.Newest(long.MaxValue, subject: null, type: null, Listed).Events;
}
