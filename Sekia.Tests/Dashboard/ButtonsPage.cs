using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Sekia.Modules.Dashboard.Parts;
using Sekia.Modules.Journal;

namespace Sekia.Tests.Dashboard;

/// <summary>A page of the tests with one button of each kind. The one that asks is in a part that each event changes, after another such part.</summary>
public sealed class ButtonsPage : ComponentBase
{
    [Inject] public EventJournal Journal { get; set; } = null!;

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenComponent<Shell>(0);
        builder.AddComponentParameter(1, nameof(Shell.Title), "Buttons");
        builder.AddComponentParameter(2, nameof(Shell.ChildContent), (RenderFragment)(content =>
        {
            content.OpenRegion(0);
            Button(content, "Plain", "/web/test/plain", confirm: null);
            content.CloseRegion();
            content.OpenElement(1, "p");
            content.AddAttribute(2, "id", "head");
            content.AddAttribute(3, "data-live", true);
            content.AddContent(4, $"{Journal.Head}");
            content.CloseElement();
            content.OpenElement(5, "section");
            content.AddAttribute(6, "id", "asking");
            content.AddAttribute(7, "data-live", true);
            content.AddContent(8, $"{Journal.Head} events");
            content.OpenRegion(9);
            Button(content, "Danger", "/web/test/danger", "Really?");
            content.CloseRegion();
            content.CloseElement();
            content.OpenRegion(10);
            Button(content, "Refused", "/web/test/refused", confirm: null);
            content.CloseRegion();
        }));
        builder.CloseComponent();
    }

    private static void Button(RenderTreeBuilder builder, string label, string action, string? confirm)
    {
        builder.OpenComponent<ActionForm>(0);
        builder.AddComponentParameter(1, nameof(ActionForm.Action), action);
        builder.AddComponentParameter(2, nameof(ActionForm.Label), label);
        builder.AddComponentParameter(3, nameof(ActionForm.Confirm), confirm);
        builder.CloseComponent();
    }
}
