using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Api;
using Sekia.Modules.Dashboard.Parts;
using Sekia.Modules.Dashboard.Requests;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary><c>/web/workflows</c>, and what can be done there.</summary>
internal static class WorkflowsRoutes
{
    /// <summary>A notice names no more than so many.</summary>
    private const int MaxNamed = 5;

    public static void Map(IEndpointRouteBuilder web)
    {
        web.MapPage("/workflows", "The workflows, and the files that were refused", _ => Page.Of<WorkflowsPage>());
        web.MapPage("/workflows/{name}", "All about one workflow", context => Page.Of<WorkflowPage>(new Dictionary<string, object?>
        {
            [nameof(WorkflowPage.Workflow)] = Api(context).Details(NameOf(context)),
        }));
        web.MapAction("/workflows/reload", "Reads the files of the workflows again", async (context, _) => Told(await Api(context).ReloadAsync(context.RequestAborted)));
        web.MapAction("/workflows/{name}/enable", "Switches a workflow on", async (context, _) =>
        {
            var workflow = await Api(context).SwitchAsync(NameOf(context), on: true, context.RequestAborted);
            return new Notice($"{workflow.Name} is on{(workflow.Waiting > 0 ? $": it goes on with {Spoken.Count(workflow.Waiting, "event")} that waited" : "")}.");
        });
        web.MapAction("/workflows/{name}/disable", "Switches a workflow off", async (context, _) =>
            new Notice($"{(await Api(context).SwitchAsync(NameOf(context), on: false, context.RequestAborted)).Name} is off. It keeps its place: what comes from now on waits for it."));
        web.MapAction("/workflows/{name}/retry", "Runs failed runs of a workflow again", async (context, form) => NumberIn(form) is { } run
            ? Retried((await Api(context).RetryAsync(run, Source, context.RequestAborted)).Count)
            : Retried((await Api(context).RetryAllAsync(NameOf(context), Source, context.RequestAborted)).Count));
        web.MapAction(
            "/workflows/{name}/dismiss",
            "Lets failed runs of a workflow rest",
            async (context, form) => NumberIn(form) is { } run
                ? new Notice($"{Spoken.Count((await Api(context).DismissAsync(run, context.RequestAborted)).Count, "failure")} dismissed.")
                : new Notice($"{Spoken.Count((await Api(context).DismissAllAsync(NameOf(context), context.RequestAborted)).Count, "failure")} dismissed."),
            form => DismissQuestion(NumberIn(form)));
    }

    /// <summary>What is asked before a failed run, or all of a workflow, are dismissed.</summary>
    public static string DismissQuestion(long? run) =>
        run is null ? "All failed runs of this workflow will be put aside, and nobody is asked about them again. Dismiss them?"
        : "This failed run will be put aside, and nobody is asked about it again. Dismiss it?";

    /// <summary>Who asks, when it was a button of the dashboard.</summary>
    internal const string Source = "dashboard";

    private static Notice Retried(int count) =>
        new(count == 0 ? "Nothing new: what failed here is being executed again already." : $"{Spoken.Count(count, "run")} will be executed again.");

    private static WorkflowsApi Api(HttpContext context) => context.RequestServices.GetService<WorkflowsApi>()
        ?? throw new BadHttpRequestException("Workflows are switched off (Workflows:Enabled).", StatusCodes.Status404NotFound);

    private static string NameOf(HttpContext context) => context.GetRouteValue("name")?.ToString() ?? "";

    private static long? NumberIn(IFormCollection form) =>
        form["run"].ToString() is { Length: > 0 } text
            ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var run) ? run : throw new BadHttpRequestException("There is no such run.")
            : null;

    private static Notice Told(Reloaded reloaded)
    {
        string[] parts =
        [
            .. Part("loaded", reloaded.Loaded),
            .. Part("stopped, for the file is gone", reloaded.Stopped),
            .. Part("refused", [.. reloaded.Refused.Select(refused => $"{refused.Name} ({refused.Error})")]),
        ];
        return new Notice(parts.Length == 0 ? "Nothing has changed." : string.Join(" ", parts), IsRefusal: reloaded.Refused.Count > 0);
    }

    private static IEnumerable<string> Part(string what, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
        {
            yield return $"{char.ToUpperInvariant(what[0])}{what[1..]}: {string.Join(", ", names.Take(MaxNamed))}{(names.Count > MaxNamed ? $" and {names.Count - MaxNamed} more" : "")}.";
        }
    }
}
