using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sekia.Modules.Dashboard.Requests;

/// <summary>Makes HTML of components, for one request.</summary>
internal sealed class PageRenderer(IServiceProvider services, ILoggerFactory logs) : IAsyncDisposable
{
    private readonly HtmlRenderer _renderer = new(services, logs);

    /// <summary>The HTML of a component.</summary>
    /// <param name="parameters">By the names of its properties.</param>
    public Task<string> RenderAsync<TComponent>(IReadOnlyDictionary<string, object?>? parameters = null)
        where TComponent : IComponent => _renderer.Dispatcher.InvokeAsync(async () =>
        {
            var view = parameters is null ? ParameterView.Empty : ParameterView.FromDictionary(new Dictionary<string, object?>(parameters));
            return (await _renderer.RenderComponentAsync<TComponent>(view)).ToHtmlString();
        });

    public ValueTask DisposeAsync() => _renderer.DisposeAsync();
}

/// <summary>A component as the answer of a route: <c>Page.Of&lt;EventsPage&gt;()</c>.</summary>
internal static class Page
{
    /// <param name="parameters">By the names of the component's properties.</param>
    /// <param name="status">The HTTP status.</param>
    public static IResult Of<TComponent>(IReadOnlyDictionary<string, object?>? parameters = null, int status = StatusCodes.Status200OK)
        where TComponent : IComponent => new PageResult<TComponent>(parameters, status);
}

/// <summary>
/// Renders first and answers then, so that what fails halfway is an error and not half a page. Not the framework's own result for
/// components: that one brings services that write a ring of keys into the user's home at the start.
/// </summary>
internal sealed class PageResult<TComponent>(IReadOnlyDictionary<string, object?>? parameters, int status) : IResult
    where TComponent : IComponent
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var html = await httpContext.RequestServices.GetRequiredService<PageRenderer>().RenderAsync<TComponent>(parameters);
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        var length = Encoding.UTF8.GetByteCount(html);
        response.ContentLength = length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
        {
            Encoding.UTF8.GetBytes(html, response.BodyWriter);
            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }
    }
}
