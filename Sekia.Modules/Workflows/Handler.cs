using Sekia.Modules.Bus;

namespace Sekia.Modules.Workflows;

/// <summary>One <c>sekia.on</c> of a workflow.</summary>
/// <param name="Number">Its place among the workflow's handlers, from 1.</param>
/// <param name="Pattern">Which subjects.</param>
/// <param name="Types">Which event types; <c>null</c> for all.</param>
/// <param name="Function">The script's function, as a reference in its state.</param>
internal sealed record Handler(int Number, SubjectPattern Pattern, TypeFilter? Types, int Function)
{
    public bool Wants(Event evt) => Pattern.Matches(evt.Subject) && (Types?.Matches(evt.Type) ?? true);
}
