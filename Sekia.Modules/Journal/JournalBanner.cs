using Sekia.Modules.Hosting;

namespace Sekia.Modules.Journal;

/// <summary>Says at the start where the journal is and what it holds.</summary>
internal sealed class JournalBanner(EventJournal journal, LiveOptions<JournalOptions> options) : IBannerSource
{
    public IEnumerable<string> BannerLines()
    {
        var kept = options.Current.Mode == JournalMode.Durable ? journal.Path : "in memory: gone when the host stops (Journal:Mode)";
        yield return $"journal     {kept}, {journal.Head:N0} events so far";
    }
}
