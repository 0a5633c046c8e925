using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary>Dead letters with one cause: of the same workflow or agent, with the same message but for its numbers, ids and quoted values.</summary>
/// <param name="Key">Names the cause, in addresses and forms.</param>
/// <param name="Members">The newest first.</param>
internal sealed record Failure(string Key, IReadOnlyList<DeadLetter> Members)
{
    public DeadLetter Newest => Members[0];

    public bool IsRun => Newest.Command is null;

    /// <summary>When the first of them was.</summary>
    public long Since { get; } = Members.Min(member => member.At);
}

/// <summary>Gathers what failed and waits for somebody, by cause.</summary>
internal sealed partial class Failures(EventJournal journal)
{
    /// <summary>So many of the newest runs, of the failed and of the uncertain commands are looked at: enough to see every cause, and soon done.</summary>
    public const int MaxLookedAt = 2000;

    /// <summary>Messages that begin the same for so long are the same.</summary>
    private const int MaxMessage = 300;

    /// <summary>The causes, the one that struck last first, and whether there is more than was looked at.</summary>
    public (IReadOnlyList<Failure> Causes, bool IsAll) Now()
    {
        var runs = journal.Reader.NewestDeadRuns(MaxLookedAt + 1);
        var commands = journal.Reader.NewestDeadCommands(MaxLookedAt + 1);
        var isAll = runs.Count <= MaxLookedAt && commands.Count(one => one.Status == CommandStatus.Failed) <= MaxLookedAt && commands.Count(one => one.Status == CommandStatus.Uncertain) <= MaxLookedAt;
        var causes = runs.Concat(commands)
            .GroupBy(letter => (letter.Owner, letter.Command, letter.Status, Reason: Cause(letter.Reason ?? "")))
            .Select(same => new Failure(KeyOf(same.Key), [.. same.OrderByDescending(letter => letter.Number)]))
            .OrderByDescending(failure => failure.Newest.At);
        return ([.. causes], isAll);
    }

    /// <summary>The members of a cause that there were when somebody looked, the newest first; none when it is over.</summary>
    /// <param name="seen">The number of the newest that they saw: later ones nobody has decided about.</param>
    public IReadOnlyList<DeadLetter> Members(string key, long seen) =>
        [.. Now().Causes.FirstOrDefault(failure => failure.Key == key)?.Members.Where(letter => letter.Number <= seen) ?? []];

    /// <summary>A message without what differs from one time to the next. A place in a script stays: another line is another cause.</summary>
    internal static string Cause(string message) =>
        Number().Replace(Id().Replace(Quoted().Replace(message.Length > MaxMessage ? message[..MaxMessage] : message, "'…'"), "…"), "#");

    private static string KeyOf((string Owner, string? Command, CommandStatus Status, string Reason) cause) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{cause.Owner}\n{cause.Command}\n{(int)cause.Status}\n{cause.Reason}"))).AsSpan(0, 8));

    [GeneratedRegex("""(?<!\w)'[^'\n]{0,200}'|"[^"\n]{0,200}"|`[^`\n]{0,200}`|“[^”\n]{0,200}”""")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b(?:evt|cmd)_\w+|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b(?=[0-9a-fA-F]*[0-9])(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{7,}\b")]
    private static partial Regex Id();

    [GeneratedRegex(@"(?<!\.lua:\d*)\d+(?:\.\d+)*")]
    private static partial Regex Number();
}
