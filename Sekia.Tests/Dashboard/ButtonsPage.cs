using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Sekia.Modules.Dashboard.Parts;

namespace Sekia.Tests.Dashboard;

/// <summary>A page of the tests with one button of each kind.</summary>
public sealed class ButtonsPage : ComponentBase
{
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenComponent<Shell>(0);
        builder.AddComponentParameter(1, nameof(Shell.Title), "Buttons");
        builder.AddComponentParameter(2, nameof(Shell.ChildContent), (RenderFragment)(content =>
        {
            content.OpenRegion(0);
            Button(content, "Plain", "/web/test/plain", confirm: null);
            content.CloseRegion();
            content.OpenRegion(1);
            Button(content, "Danger", "/web/test/danger", "Really?");
            content.CloseRegion();
            content.OpenRegion(2);
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
