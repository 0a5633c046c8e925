using System.Buffers;
using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sekia.Modules.Agents;

namespace Sekia.Modules.Http;

/// <summary>Checks the arguments of <c>request</c>. Everything a server could be tricked by, or the sender could stumble over, ends here.</summary>
internal static class RequestArguments
{
    private static readonly HttpMethod[] s_methods =
        [HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete];

    /// <summary>Headers that belong to the connection; a caller who sets one could make two requests of one.</summary>
    private static readonly FrozenSet<string> s_notForCallers = FrozenSet.ToFrozenSet(
        ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer", "Upgrade", "Expect"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly SearchValues<char> s_nameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <exception cref="CommandFailedException">An argument is not acceptable; the message names it and what would be.</exception>
    public static OutgoingRequest Check(string method, string url, Dictionary<string, string?>? headers, JsonElement? json, string? text)
    {
        var verb = Array.Find(s_methods, m => m.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
            ?? throw Fault("method", $"is '{Shown(method)}'; use one of {string.Join(", ", s_methods.Select(m => m.Method))}");
        if (FaultOfUrl(Uri.TryCreate(url, UriKind.Absolute, out var target) ? target : null) is { } fault)
        {
            throw Fault("url", fault);
        }

        var body = CheckBody(verb, json, text);
        return new OutgoingRequest
        {
            Method = verb,
            Url = target!,
            Headers = CheckHeaders(headers ?? [], body is not null, json is null ? "text/plain; charset=utf-8" : "application/json"),
            Body = body,
            Traits = RequestTraits.Of(verb.Method, headers ?? []),
        };
    }

    /// <summary>What is wrong with an address to ask, to follow "it"; <c>null</c> when nothing is. It is not repeated: it may hold secrets.</summary>
    public static string? FaultOfUrl(Uri? url) => url switch
    {
        null or { IsAbsoluteUri: false } or { Scheme: not ("http" or "https") } or { Host.Length: 0 } =>
            "is not an absolute http or https address such as https://example.com/path",
        { UserInfo.Length: > 0 } => "holds credentials before the host; put them in an Authorization header instead",
        _ => null,
    };

    private static byte[]? CheckBody(HttpMethod method, JsonElement? json, string? text)
    {
        if (json is not null && text is not null)
        {
            throw Fault("json", "and argument 'text' are both given; a request has one body");
        }

        if ((json is not null || text is not null) && (method == HttpMethod.Get || method == HttpMethod.Head))
        {
            throw Fault(json is null ? "text" : "json", $"is given, but {method} has no body; leave it out or use another method");
        }

        // The JSON goes out as it was written: numbers keep their digits and keys their order.
        return json is { } value ? Encoding.UTF8.GetBytes(value.GetRawText()) : text is null ? null : Encoding.UTF8.GetBytes(text);
    }

    private static List<KeyValuePair<string, string>> CheckHeaders(Dictionary<string, string?> headers, bool hasBody, string contentType)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var result = new List<KeyValuePair<string, string>>(headers.Count + 1);
        foreach (var (name, value) in headers)
        {
            if (FaultOf(name, value, hasBody) is { } fault)
            {
                throw Fault("headers", $"has '{Shown(name)}': {fault}");
            }

            if (!seen.Add(name))
            {
                throw Fault("headers", $"has '{Shown(name)}' twice, in different letter case");
            }

            result.Add(new(name, value!));
        }

        if (hasBody && !seen.Contains("Content-Type"))
        {
            result.Add(new("Content-Type", contentType));
        }

        return result;
    }

    private static string? FaultOf(string name, string? value, bool hasBody)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(s_nameCharacters))
        {
            return "a header's name is made of letters, digits and hyphens";
        }

        if (s_notForCallers.Contains(name))
        {
            return "this header is set by the connection and cannot be given";
        }

        if (value is null || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return "its value must be text of one line in plain ASCII";
        }

        if (OutgoingRequest.IsOfBody(name) && !hasBody)
        {
            return "it speaks of a body, and there is none; leave it out or give json or text";
        }

        return name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) ? FaultOfContentType(value) : null;
    }

    private static string? FaultOfContentType(string value)
    {
        if (!MediaTypeHeaderValue.TryParse(value, out var type))
        {
            return "its value is not a media type such as application/json";
        }

        return type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? null
            : "the body is sent as UTF-8; leave the charset out or write utf-8";
    }

    private static CommandFailedException Fault(string argument, string fault) => new($"Argument '{argument}' {fault}.");

    private static string Shown(string text) =>
        string.Concat((text.Length > 40 ? text[..40] + "…" : text).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c));
}
