using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sekia.Modules.Hosting;

/// <summary>Lets every route that takes GET take HEAD too, as HTTP has it: the same answer, whose body the web server leaves out.</summary>
internal static class HeadRequests
{
    public static void AddTo(IEndpointConventionBuilder routes) => routes.Add(route =>
    {
        if (route.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { HttpMethods: var methods } && methods.Contains(HttpMethods.Get) && !methods.Contains(HttpMethods.Head))
        {
            route.Metadata.Add(new HttpMethodMetadata([.. methods, HttpMethods.Head]));
        }
    });
}
