namespace Sekia.Modules.Journal;

/// <summary>Numbers of events that have been removed with age.</summary>
/// <param name="After">The last number before them.</param>
/// <param name="First">The first number after them.</param>
internal readonly record struct JournalGap(long After, long First);
