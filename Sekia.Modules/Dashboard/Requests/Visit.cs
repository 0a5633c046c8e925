using Microsoft.AspNetCore.Http;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Requests;

/// <summary>The request a page is made for, as far as its components need to know it.</summary>
internal sealed class Visit(TimeProvider clock, EventJournal journal)
{
    private HttpContext? _context;
    private string? _csrf;

    /// <summary>What the page's forms carry, see <see cref="Csrf"/>.</summary>
    public string CsrfToken => _csrf ??= Csrf.TokenFor(Context);

    /// <summary>Whether the visitor may press buttons that do something; a token may allow reading only.</summary>
    public bool CanAct => Context.Features.Get<Caller>() is not { Role: AccessRole.Read };

    /// <summary>Whether the visitor was let in: a page for others tells nothing of what is inside.</summary>
    public bool IsAdmitted => Context.Features.Get<Caller>() is not null;

    /// <summary>What came of the visitor's last action, shown once.</summary>
    public Notice? Notice { get; private set; }

    /// <summary>
    /// How often the journal had recorded something before anything on the page was read: what is recorded meanwhile, the page learns of. <c>null</c> for
    /// those who are not let in.
    /// </summary>
    public long? Commits { get; private set; }

    /// <summary>Path and query of the page.</summary>
    public string Address => Context.Request.Path + Context.Request.QueryString;

    public string Path => Context.Request.Path;

    /// <summary>How the visitor reached this host, for examples: <c>http://127.0.0.1:7600</c>.</summary>
    public string Origin => $"{Context.Request.Scheme}://{Context.Request.Host}";

    /// <summary>The time of this visit in Unix milliseconds: one for the whole page.</summary>
    public long Now { get; } = clock.GetUtcNow().ToUnixTimeMilliseconds();

    public CancellationToken Aborted => Context.RequestAborted;

    private HttpContext Context => _context ?? throw new InvalidOperationException("A page is rendered outside a request: map it with MapPage.");

    /// <summary>A parameter of the query; <c>null</c> when it is absent or empty.</summary>
    public string? Query(string name) => Context.Request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>The address of this page with one parameter of its query changed; <c>null</c> leaves it out.</summary>
    public string With(string name, string? value) => With((name, value));

    /// <summary>The address of this page with some parameters of its query changed; <c>null</c> leaves one out.</summary>
    public string With(params (string Name, string? Value)[] changes) => Path + QueryString.Create(
        from pair in Context.Request.Query.Where(pair => !changes.Any(change => change.Name == pair.Key)).Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value.ToString()))
            .Concat(changes.Select(change => KeyValuePair.Create(change.Name, change.Value)))
        where !string.IsNullOrEmpty(pair.Value)
        select pair);

    /// <summary>Belongs to a request whose answer has begun.</summary>
    public void Attach(HttpContext context) => _context = context;

    /// <summary>Begins the answer: the headers, the cookies, and the notice if this is a page to be looked at.</summary>
    public void Begin(HttpContext context)
    {
        Attach(context);
        Commits = IsAdmitted && journal.IsOpen ? journal.Commits.Beats : null;
        PageHeaders.Set(context.Response);
        _csrf = Csrf.TokenFor(context);

        // The script looks at the page again and again: the notice is for the person.
        if (HttpMethods.IsGet(context.Request.Method) && !context.Request.Headers.ContainsKey(PageHeaders.Refresh))
        {
            Notice = Notice.Take(context);
        }
    }
}
