using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Api;
using Sekia.Modules.Dashboard.Parts;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary><c>/web/failures</c>: what failed, by cause, and what can be decided about it.</summary>
internal static class FailureRoutes
{
    /// <summary>The fields of a cause's form: its key, the number of its newest member when the page was made, and the members ticked.</summary>
    public const string CauseField = "cause";
    public const string SeenField = "seen";
    public const string NumberField = "number";

    /// <summary>The decisions that are about all members, and not those ticked.</summary>
    public const string RetryAll = "retry_all";
    public const string DismissAll = "dismiss_all";

    /// <summary>So many at once: one request shall not hold up the journal for everybody else.</summary>
    public const int MaxAtOnce = 500;

    public static void Map(IEndpointRouteBuilder web)
    {
        web.MapPage("/failures", "What failed and waits for a decision, by cause", context =>
        {
            var query = new ApiQuery(context.Request, "cause", "before");
            query.Check();
            return Page.Of<FailuresPage>(new Dictionary<string, object?>
            {
                [nameof(FailuresPage.Cause)] = query.Text("cause"),
                [nameof(FailuresPage.Before)] = query.Number("before", absent: long.MaxValue, least: 1, most: long.MaxValue),
            });
        });
        web.MapAskedAction("/failures/decide", "Tries failures again, or puts them aside", DecideAsync, (context, form) => Decision.Of(context, form).Question);
    }

    private static async Task<Notice> DecideAsync(HttpContext context, IFormCollection form)
    {
        var decision = Decision.Of(context, form);
        var (done, refusal) = decision.IsRun
            ? (await WorkflowsOf(context).DecideAsync(decision.Numbers, decision.IsRetry, WorkflowsRoutes.Source, context.RequestAborted), null)
            : Sum(await Api<CommandsApi>(context).DecideAsync(decision.Numbers, decision.IsRetry, context.RequestAborted));
        if (done == 0 && decision is { IsRetry: true, IsRun: true })
        {
            return new Notice("Nothing new: these runs are being tried again already.");
        }

        var verb = decision.IsRetry ? "will be tried again" : "dismissed";
        var text = decision.Total > decision.Numbers.Count
            ? $"{Spoken.Number(done)} of {Spoken.Number(decision.Total)} {verb}: press again for more."
            : $"{Spoken.Count(done, decision.Noun)} {verb}.";
        return refusal is null ? new Notice(text) : new Notice($"{text} {refusal}", IsRefusal: done == 0);
    }

    private static (int Done, string? Refusal) Sum(Journal.Decision[] decided) => (decided.Count(one => one.Refusal is null), decided.Select(one => one.Refusal).FirstOrDefault(refusal => refusal is not null));

    private static WorkflowsApi WorkflowsOf(HttpContext context) => context.RequestServices.GetService<WorkflowsApi>()
        ?? throw new BadHttpRequestException("Workflows are switched off (Workflows:Enabled), so nothing can be decided about their runs.", StatusCodes.Status409Conflict);

    private static T Api<T>(HttpContext context)
        where T : notnull => context.RequestServices.GetRequiredService<T>();

    /// <summary>What a form asks to be done, about dead letters that are there now.</summary>
    private sealed record Decision(DeadLetter Example, IReadOnlyList<long> Numbers, int Total, bool IsRetry)
    {
        public bool IsRun => Example.Command is null;

        public string Noun => IsRun ? "run" : "command";

        public string Question
        {
            get
            {
                var what = $"{Spoken.Count(Numbers.Count, Noun)} of {(IsRun ? $"workflow {Example.Owner[Workflow.SourceOf("").Length..]}" : $"{Example.Owner}: {Example.Command}")}";
                var rest = Total > Numbers.Count ? $" Of {Spoken.Number(Total)}, so many are taken at once, the oldest first." : "";
                return !IsRetry ? $"Dismiss {what}? Nobody will be asked about {(Numbers.Count == 1 ? "it" : "them")} again.{rest}"
                    : Example.Status == Bus.CommandStatus.Uncertain ? $"Send again {what}? What has been carried out already would be done twice.{rest}"
                    : $"Try again {what}?{rest}";
            }
        }

        /// <exception cref="BadHttpRequestException">The form does not say what, or that is over.</exception>
        public static Decision Of(HttpContext context, IFormCollection form)
        {
            var choice = form[CommandRoutes.DecisionField].ToString();
            if (choice is not (CommandRoutes.Retry or CommandRoutes.Dismiss or RetryAll or DismissAll))
            {
                throw new BadHttpRequestException("Press one of the buttons: the form does not say what to do.");
            }

            var members = Api<Failures>(context).Members(form[CauseField].ToString(), Number(form[SeenField].ToString()));
            var ticked = form[NumberField].OfType<string>().Select(Number).ToHashSet();
            var chosen = choice is RetryAll or DismissAll ? members : [.. members.Where(member => ticked.Contains(member.Number))];
            if (chosen.Count == 0)
            {
                throw new BadHttpRequestException(members.Count > 0 && ticked.Count == 0
                    ? "Nothing is selected: tick some, then press the button."
                    : "What you decided about is no longer there: somebody has retried or dismissed it.");
            }

            // The oldest first: what fails once more is the newest then, so that each press takes others.
            return new Decision(chosen[0], [.. chosen.Select(member => member.Number).Order().Take(MaxAtOnce)], chosen.Count, choice is CommandRoutes.Retry or RetryAll);
        }

        private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new BadHttpRequestException("The form is not as this page made it: reload the page and try again.");
    }
}
