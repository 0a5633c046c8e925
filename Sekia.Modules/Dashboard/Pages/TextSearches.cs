using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Api;
using Sekia.Modules.Dashboard.Parts;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary>
/// Searches the text of events and sends each hit when it is found, as part of a page that the browser shows while it grows. It ends with the
/// journal, at a full page, or when the visitor leaves.
/// </summary>
internal sealed class TextSearches(EventJournal journal, IHostApplicationLifetime lifetime) : IDisposable
{
    /// <summary>More at a time would take the machine from those who work.</summary>
    public const int MostAtATime = 2;

    private const int MaxCharacters = 200;

    private static readonly TimeSpan s_progressEvery = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _places = new(MostAtATime);

    /// <summary>How many are under way.</summary>
    public int UnderWay => MostAtATime - _places.CurrentCount;

    public void Dispose() => _places.Dispose();

    /// <exception cref="BadHttpRequestException">The text is too long, or there are too many searches.</exception>
    public async Task AnswerAsync(HttpContext context, EventsQuery query)
    {
        if (query.Text!.Length > MaxCharacters)
        {
            throw new BadHttpRequestException($"A text to search for has at most {MaxCharacters} characters.");
        }

        if (!await _places.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            throw new BadHttpRequestException(
                $"There are {MostAtATime} searches under way already, and no more at a time. Stop one, or try again when one has ended.", StatusCodes.Status503ServiceUnavailable);
        }

        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            await SearchAsync(context, query, ending.Token);
        }
        catch (OperationCanceledException)
        {
            // The visitor has gone, or the host stops: what was sent is what there is.
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task SearchAsync(HttpContext context, EventsQuery query, CancellationToken cancellationToken)
    {
        var (after, before) = query.Bounds(journal.Reader);
        var search = new TextSearch(journal.Reader, query.Selection, query.Text!, after, Math.Min(before, query.Before ?? long.MaxValue));
        var page = new GrowingPage(context, query);
        await page.BeginAsync(cancellationToken);
        var found = 0;
        var told = Stopwatch.GetTimestamp();
        while (!search.IsDone && found < EventsQuery.PageRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var hits = search.Step(EventsQuery.PageRows - found);
            found += hits.Count;
            foreach (var hit in hits)
            {
                await page.AddAsync<EventRow>(new() { [nameof(EventRow.Event)] = EventView.Of(hit), [nameof(EventRow.IsLive)] = false });
            }

            if (hits.Count > 0 || Stopwatch.GetElapsedTime(told) > s_progressEvery)
            {
                told = Stopwatch.GetTimestamp();
                await page.AddAsync<SearchProgress>(new() { [nameof(SearchProgress.To)] = search.SearchedTo, [nameof(SearchProgress.Found)] = found });
                await page.FlushAsync(cancellationToken);
            }

            await Task.Yield();
        }

        await page.EndAsync(new() { [nameof(SearchEnd.Found)] = found, [nameof(SearchEnd.To)] = search.SearchedTo, [nameof(SearchEnd.Older)] = search.IsDone ? null : search.Before }, cancellationToken);
    }
}

/// <summary>A search as the answer of a route.</summary>
internal sealed class TextSearchResult(EventsQuery query) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => httpContext.RequestServices.GetRequiredService<TextSearches>().AnswerAsync(httpContext, query);
}

/// <summary>A page that is sent in parts: its rows while they come, its end at last.</summary>
internal sealed class GrowingPage(HttpContext context, EventsQuery query)
{
    private readonly PageRenderer _renderer = context.RequestServices.GetRequiredService<PageRenderer>();
    private string _rest = "";

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        var html = await _renderer.RenderAsync<SearchPage>(new Dictionary<string, object?> { [nameof(SearchPage.Query)] = query });
        var rows = html.IndexOf(SearchPage.RowsMark, StringComparison.Ordinal);
        _rest = html[(rows + SearchPage.RowsMark.Length)..];
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        Add(html[..rows]);
        await FlushAsync(cancellationToken);
    }

    public async Task AddAsync<TComponent>(Dictionary<string, object?> parameters)
        where TComponent : Microsoft.AspNetCore.Components.IComponent => Add(await _renderer.RenderAsync<TComponent>(parameters));

    public async Task EndAsync(Dictionary<string, object?> parameters, CancellationToken cancellationToken)
    {
        Add(_rest.Replace(SearchPage.EndMark, await _renderer.RenderAsync<SearchEnd>(parameters), StringComparison.Ordinal));
        await FlushAsync(cancellationToken);
    }

    public async Task FlushAsync(CancellationToken cancellationToken) => await context.Response.BodyWriter.FlushAsync(cancellationToken);

    private void Add(string html) => Encoding.UTF8.GetBytes(html, context.Response.BodyWriter);
}
