namespace Sekia.Modules.Workflows;

/// <summary>What came of reading the folder.</summary>
/// <param name="Loaded">The workflows that are new or have a new version.</param>
/// <param name="Refused">The files that cannot be loaded, each with the reason.</param>
/// <param name="Stopped">The workflows whose files are gone.</param>
internal sealed record FolderReading(IReadOnlyList<string> Loaded, IReadOnlyList<KeyValuePair<string, string>> Refused, IReadOnlyList<string> Stopped);
