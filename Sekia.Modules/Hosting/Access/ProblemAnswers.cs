using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Turns what a handler throws into an answer. Only messages written for the asker leave the house.</summary>
internal sealed partial class ProblemAnswers(ILogger<ProblemAnswers> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var (status, detail) = Of(exception);
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            httpContext.Response.Headers.RetryAfter = "1";
        }

        if (status == StatusCodes.Status500InternalServerError)
        {
            LogUnforeseen(exception, httpContext.Request.Method, httpContext.Request.Path);
        }

        await Problem.WriteAsync(httpContext, status, detail);
        return true;
    }

    /// <summary>The status and the sentence for what was thrown, on whatever way the asker came.</summary>
    internal static (int Status, string Detail) Of(Exception exception) => exception switch
    {
        EventTooLargeException => (StatusCodes.Status413PayloadTooLarge, exception.Message),
        InvalidEventException or InvalidCommandException => (StatusCodes.Status400BadRequest, exception.Message),
        JournalUnavailableException => (StatusCodes.Status503ServiceUnavailable, exception.Message),
        BadHttpRequestException fault => (fault.StatusCode, Sentence(fault)),
        _ => (StatusCodes.Status500InternalServerError, "internal error; the log has the details"),
    };

    private static string Sentence(BadHttpRequestException fault) =>
        fault.InnerException is System.Text.Json.JsonException syntax ? $"{fault.Message} {syntax.Message}" : fault.Message;

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} ended in an unforeseen error")]
    private partial void LogUnforeseen(Exception exception, string method, string path);
}
