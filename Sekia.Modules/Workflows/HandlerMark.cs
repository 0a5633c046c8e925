using System.Globalization;

namespace Sekia.Modules.Workflows;

/// <summary>
/// The number that is recorded of the handler of a run: the beginning of its identity, by which it is found again after an edit, and its place
/// in the file at that time, which is what people are shown. A schedule's is 0, for its event says which one it is.
/// </summary>
internal static class HandlerMark
{
    private const int NumberBits = 8;
    private const int LastNumber = (1 << NumberBits) - 1;

    /// <param name="identity">From <see cref="Identities"/>; empty for none.</param>
    /// <param name="number">From 1; from the 255th on they all are recorded as that.</param>
    public static int Of(string identity, int number) => identity.Length == 0 || number == 0
        ? number
        : (Math.Max(1, int.Parse(identity.AsSpan(0, 6), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) >> 1) << NumberBits) | Math.Min(number, LastNumber);

    /// <summary>Where the handler stood, from 1.</summary>
    public static int NumberIn(int mark) => mark & LastNumber;

    /// <summary>Whether the identity is recorded: earlier it was the number alone.</summary>
    public static bool HasIdentity(int mark) => mark > LastNumber;

    /// <summary>The same for all runs of one handler, wherever it stood.</summary>
    public static int IdentityIn(int mark) => HasIdentity(mark) ? mark & ~LastNumber : mark;
}
