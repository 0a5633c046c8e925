using Sekia.Modules.Bus;

namespace Sekia.Modules.Workflows;

/// <summary>One <c>sekia.on</c> of a workflow.</summary>
/// <param name="Number">Its place among the workflow's handlers, from 1.</param>
/// <param name="Pattern">Which subjects.</param>
/// <param name="Types">Which event types; <c>null</c> for all.</param>
/// <param name="Function">The script's function, as a reference in its state.</param>
/// <param name="Identity">What it is known by over all versions of the file, see <see cref="Identities"/>.</param>
internal sealed record Handler(int Number, SubjectPattern Pattern, TypeFilter? Types, int Function, string Identity = "")
{
    /// <summary>What is recorded of it with its runs, see <see cref="HandlerMark"/>.</summary>
    public int Mark { get; } = HandlerMark.Of(Identity, Number);

    public bool Wants(Event evt) => Pattern.Matches(evt.Subject) && (Types?.Matches(evt.Type) ?? true);
}
