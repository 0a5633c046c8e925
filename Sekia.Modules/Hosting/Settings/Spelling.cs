namespace Sekia.Modules.Hosting.Settings;

/// <summary>Finds what someone probably meant to write.</summary>
internal static class Spelling
{
    /// <summary>Nobody misspells longer words, and comparing them would cost a hostile sender nothing and us much.</summary>
    private const int MaxLength = 64;

    /// <summary>The candidate closest to a misspelt word, ignoring case; <c>null</c> when none is close.</summary>
    public static string? Closest(string word, IEnumerable<string> candidates) => candidates
        .Where(candidate => word.Length <= MaxLength && candidate.Length <= MaxLength)
        .Select(candidate => (Candidate: candidate, Distance: Distance(Plain(word), Plain(candidate))))
        .Where(found => found.Distance <= Math.Max(1, Math.Min(word.Length, found.Candidate.Length) / 3))
        .OrderBy(found => found.Distance)
        .Select(found => found.Candidate)
        .FirstOrDefault();

    private static string Plain(string word) => string.Concat(word.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    /// <summary>How many letters must be added, removed, replaced or swapped with their neighbour.</summary>
    private static int Distance(string left, string right)
    {
        var steps = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            for (var j = 0; j <= right.Length; j++)
            {
                steps[i, j] = (i, j) switch
                {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => Math.Min(
                        Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1,
                        steps[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)),
                };
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    steps[i, j] = Math.Min(steps[i, j], steps[i - 2, j - 2] + 1);
                }
            }
        }

        return steps[left.Length, right.Length];
    }
}
