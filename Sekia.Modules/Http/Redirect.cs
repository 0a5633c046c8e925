using Sekia.Modules.Agents;

namespace Sekia.Modules.Http;

/// <summary>Where an answer sends us, and what of the request goes there (RFC 9110, section 15.4).</summary>
internal static class Redirect
{
    /// <summary>The request that follows from this answer; <c>null</c> when the answer is no redirect.</summary>
    /// <exception cref="CommandFailedException">It leads to where we do not go.</exception>
    public static OutgoingRequest? Next(OutgoingRequest request, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        if (status is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location)
        {
            return null;
        }

        var target = Uri.TryCreate(request.Url, location, out var joined) ? joined : location;
        if (RequestArguments.FaultOfUrl(target) is { } fault)
        {
            throw new CommandFailedException($"{request.Words} answered {status}, and its Location {fault}.");
        }

        if (request.Url.Scheme == Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttps)
        {
            throw new CommandFailedException($"{request.Words} answered {status} with a redirect from https to http; that is not followed, because anyone on the way could read it. Ask the http address itself if that is meant.");
        }

        var next = BecomesGet(status, request.Method) ? AsGet(request, status) : request;
        return next with
        {
            Url = target,
            Headers = request.HasOriginOf(target) ? next.Headers : [.. next.Headers.Where(header => GoesToAnotherOrigin(header.Key))],
        };
    }

    private static bool BecomesGet(int status, HttpMethod method) => status switch
    {
        301 or 302 => method == HttpMethod.Post,
        303 => method != HttpMethod.Get && method != HttpMethod.Head,
        _ => false,
    };

    private static OutgoingRequest AsGet(OutgoingRequest request, int status) => request with
    {
        Method = HttpMethod.Get,
        Body = null,
        Headers = [.. request.Headers.Where(header => !OutgoingRequest.IsOfBody(header.Key))],
        AlreadyDone = request.AlreadyDone ?? (request.MayRepeat ? null : $"{request.Words} was answered with {status} and is done"),
    };

    // What the caller wrote for one server is not for another, above all credentials. What describes the body goes where the body
    // goes; and without its idempotency key a request that may be repeated would become one that may not.
    private static bool GoesToAnotherOrigin(string header) => OutgoingRequest.IsOfBody(header) || RequestTraits.IsIdempotencyKey(header);
}
