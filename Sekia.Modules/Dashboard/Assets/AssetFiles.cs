using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Dashboard.Assets;

/// <summary><c>/web/static/…</c>: the files of the dashboard, which are in the program itself, wherever that runs.</summary>
internal static class AssetFiles
{
    private const string Prefix = "Sekia.web.";

    private static readonly FrozenDictionary<string, AssetFile> s_files =
        new[] { ("sekia.css", "text/css; charset=utf-8"), ("sekia.js", "text/javascript; charset=utf-8"), ("icon.svg", "image/svg+xml") }
            .ToFrozenDictionary(file => file.Item1, file => AssetFile.Read(file.Item1, file.Item2), StringComparer.Ordinal);

    /// <summary>The address of a file as it is now: another content has another address, so that browsers may keep it for good.</summary>
    public static string Address(string name) => $"/web/static/{name}?v={s_files[name].Hash}";

    public static void Map(IEndpointRouteBuilder web) => web
        .MapGet("/static/{name}", (RequestDelegate)ServeAsync)
        .WithMetadata(new RouteDescription("A file of the dashboard"), new ExcludeFromDescriptionAttribute());

    private static Task ServeAsync(HttpContext context)
    {
        if (context.GetRouteValue("name") is not string name || !s_files.TryGetValue(name, out var file))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.Headers.CacheControl = context.Request.Query["v"] == file.Hash ? "public, max-age=31536000, immutable" : "no-cache";
        return TypedResults.Bytes(file.Content, file.ContentType, entityTag: new EntityTagHeaderValue($"\"{file.Hash}\"")).ExecuteAsync(context);
    }

    private sealed record AssetFile(byte[] Content, string ContentType, string Hash)
    {
        private const int HashCharacters = 16;

        public static AssetFile Read(string name, string contentType)
        {
            using var stream = typeof(AssetFiles).Assembly.GetManifestResourceStream(Prefix + name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return new AssetFile(content, contentType, Convert.ToHexStringLower(SHA256.HashData(content))[..HashCharacters]);
        }
    }
}
