using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard.Pages;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Requests;

/// <summary>What a button does. What it returns is told on the page it came from; what it refuses, it throws.</summary>
/// <exception cref="BadHttpRequestException">Nothing was done; the message says why.</exception>
internal delegate Task<Notice> PageAction(HttpContext context, IFormCollection form);

/// <summary>How pages and their buttons become routes.</summary>
internal static class PageRoutes
{
    /// <summary>Where a form's page is; part of every <c>ActionForm</c>.</summary>
    public const string BackField = "_back";

    /// <summary>Says that the question of a destructive button was answered with yes.</summary>
    public const string ConfirmedField = "confirmed";

    /// <summary>A page.</summary>
    /// <param name="summary">What it shows, in a sentence without its full stop.</param>
    public static void MapPage(this IEndpointRouteBuilder web, string pattern, string summary, Func<HttpContext, IResult> page) =>
        Describe(web.MapGet(pattern, Answering(context => Task.FromResult(page(context)))), summary);

    /// <summary>A page whose content takes a while to get.</summary>
    /// <inheritdoc cref="MapPage"/>
    public static void MapSlowPage(this IEndpointRouteBuilder web, string pattern, string summary, Func<HttpContext, Task<IResult>> page) =>
        Describe(web.MapGet(pattern, Answering(page)), summary);

    /// <summary>A button: a form that is posted here. Afterwards the browser is back on the page, which tells what came of it.</summary>
    /// <param name="summary">What it does, in a sentence without its full stop.</param>
    /// <param name="confirm">What the visitor is asked before it is done, by the form; <c>null</c> when it is done at once.</param>
    public static void MapAction(this IEndpointRouteBuilder web, string pattern, string summary, PageAction action, Func<IFormCollection, string?>? confirm = null) =>
        web.MapAskedAction(pattern, summary, action, (_, form) => confirm?.Invoke(form));

    /// <summary>A button whose question depends on what was chosen, and is asked on a page of its own.</summary>
    /// <inheritdoc cref="MapAction"/>
    public static void MapAskedAction(this IEndpointRouteBuilder web, string pattern, string summary, PageAction action, Func<HttpContext, IFormCollection, string?> confirm) =>
        Describe(web.MapPost(pattern, Answering(context => ActAsync(context, action, confirm))), summary);

    /// <summary>A form whose answer may be a page: itself again, with what is wrong with it.</summary>
    /// <param name="summary">What it does, in a sentence without its full stop.</param>
    public static void MapForm(this IEndpointRouteBuilder web, string pattern, string summary, Func<HttpContext, IFormCollection, Task<IResult>> submit) =>
        Describe(web.MapPost(pattern, Answering(context => SubmitAsync(context, submit))), summary);

    /// <summary>The end of a form: tells what came of it on another page.</summary>
    public static IResult Done(HttpContext context, Notice notice, string path)
    {
        notice.Put(context);
        context.Response.Headers.Location = path;
        return TypedResults.StatusCode(StatusCodes.Status303SeeOther);
    }

    /// <summary>The question before something that cannot be undone.</summary>
    public static IResult Ask(IFormCollection form, string question, string back) =>
        Page.Of<ConfirmPage>(new Dictionary<string, object?> { [nameof(ConfirmPage.Question)] = question, [nameof(ConfirmPage.Form)] = form, [nameof(ConfirmPage.Back)] = back });

    private static void Describe(IEndpointConventionBuilder route, string summary) => route.WithMetadata(new RouteDescription(summary), new ExcludeFromDescriptionAttribute());

    private static RequestDelegate Answering(Func<HttpContext, Task<IResult>> answer) => context => AnswerAsync(context, answer);

    private static async Task AnswerAsync(HttpContext context, Func<HttpContext, Task<IResult>> answer)
    {
        context.RequestServices.GetRequiredService<Visit>().Begin(context);
        try
        {
            await (await answer(context)).ExecuteAsync(context);
        }
        catch (Exception fault) when (IsRefusal(fault) && !context.Response.HasStarted)
        {
            var (status, detail) = ProblemAnswers.Of(fault);
            await ErrorPage.Answer(status, detail).ExecuteAsync(context);
        }
    }

    private static Task<IResult> ActAsync(HttpContext context, PageAction action, Func<HttpContext, IFormCollection, string?> confirm) => SubmitAsync(
        context,
        async (_, form) => confirm(context, form) is { } question && form[ConfirmedField] != "yes"
            ? Ask(form, question, BackOf(form))
            : Done(context, await ResultAsync(context, form, action), BackOf(form)));

    private static async Task<IResult> SubmitAsync(HttpContext context, Func<HttpContext, IFormCollection, Task<IResult>> submit)
    {
        if (await FormOfAsync(context) is not { } form)
        {
            return NotOurs();
        }

        return await submit(context, form);
    }

    /// <summary>The form that was sent; <c>null</c> when it is not of a page of ours.</summary>
    private static async Task<IFormCollection?> FormOfAsync(HttpContext context)
    {
        try
        {
            var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
            return Csrf.IsOurs(context, form) ? form : null;
        }
        catch (InvalidDataException fault)
        {
            throw new BadHttpRequestException(
                $"Nothing was done, because the form cannot be read: {fault.Message.TrimEnd('.')}. Go back and send less at once: fewer fields, or a shorter text.", fault);
        }
    }

    private static IResult NotOurs() => ErrorPage.Answer(
        StatusCodes.Status403Forbidden, "This form is not from a page that Sekia gave to this browser, or its cookie is gone. Go back, reload the page, and try again.");

    private static async Task<Notice> ResultAsync(HttpContext context, IFormCollection form, PageAction action)
    {
        try
        {
            return await action(context, form);
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
            return new Notice(ProblemAnswers.Of(fault).Detail, IsRefusal: true);
        }
    }

    /// <summary>Back to a page of ours, whatever the form says.</summary>
    private static string BackOf(IFormCollection form)
    {
        var back = form[BackField].ToString();
        var parts = back.Split('?', 2);
        var path = new UriBuilder { Path = parts[0], Query = parts.Length > 1 ? parts[1] : "" }.Uri.PathAndQuery;

        // What the browser is told, and not what the form says: dots may lead out of the pages.
        return (path == "/web" || path.StartsWith("/web/", StringComparison.Ordinal) || path.StartsWith("/web?", StringComparison.Ordinal))
            && !back.Any(c => char.IsControl(c) || c is '\\')
            ? path
            : "/web";
    }

    private static bool IsRefusal(Exception fault) => fault is BadHttpRequestException or InvalidEventException or InvalidCommandException or JournalUnavailableException;
}
