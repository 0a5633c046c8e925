using System.Globalization;
using System.Text.Json;
using Sekia.Modules.GitHub.Deliveries;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>Reads on in a list that is in the order of the last change.</summary>
internal static class ChangedList
{
    private const int PageSize = 100;

    /// <summary>Reads from where the cursor is to the end of the list, or until the tick is full.</summary>
    /// <param name="lists">Where to read.</param>
    /// <param name="name">The list's name.</param>
    /// <param name="path">Its address with a query, to which time and page are added.</param>
    /// <param name="cursor">Moves with each item that has been told of.</param>
    /// <param name="tick">When it is full, the rest waits.</param>
    /// <param name="tell">Tells of one item.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task ReadAsync(
        PolledLists lists, string name, string path, ListCursor cursor, PollTick tick, Func<JsonElement, Task> tell, CancellationToken cancellationToken)
    {
        var (from, number) = (cursor.From, 1);
        var first = true;
        while (!tick.IsFull)
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"{path}&per_page={PageSize}&since={Uri.EscapeDataString(from)}&page={number}");
            using var page = await lists.ReadAsync(first ? name : null, address, cancellationToken);
            if (page is null)
            {
                return;
            }

            var (items, news) = (0, 0);
            foreach (var item in page.Items)
            {
                items++;
                var (id, changed) = (VersionOf(item.At("id").Text(), item), item.At("updated_at").Text());
                if (cursor.HasSeen(id, changed))
                {
                    continue;
                }

                if (tick.IsFull)
                {
                    return;
                }

                await tell(item);
                cursor.See(id, changed);
                news++;
            }

            if (items < PageSize)
            {
                cursor.End();

                // Only what is on disk may be passed over the next time: what was new in this tick is not yet.
                if (first && news == 0)
                {
                    lists.RememberEnd(name, address, page);
                }

                return;
            }

            // Pages by number would pass over the items that move up when others change. Only where more have changed within the overlap
            // than one page has, there is no other way.
            (from, number) = news > 0 ? (cursor.Since!, 1) : (from, number + 1);
            first = false;
        }
    }

    /// <summary>What tells one state of an item from another beside the time of its change: within one second it may be opened and closed.</summary>
    public static string VersionOf(string id, JsonElement item) => $"{id}/{item.At("closed_at").Text()}";
}
