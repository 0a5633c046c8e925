using System.Net;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Bus;

namespace Sekia.Modules.GitHub.Deliveries;

/// <summary>The JSON of a delivery, which GitHub sends as the body itself or, if the webhook is set up so, as the field of a form.</summary>
internal static class DeliveryBody
{
    private const string FormType = "application/x-www-form-urlencoded";

    /// <summary>Finds the JSON and checks it.</summary>
    /// <param name="request">Whose headers say how the body is to be read.</param>
    /// <param name="body">The raw body, whose signature has been checked.</param>
    /// <param name="json">A JSON object whose texts can all be read, when there is no fault.</param>
    /// <returns>What is wrong, in a sentence without its content; <c>null</c> when nothing is.</returns>
    public static string? FaultOf(HttpRequest request, byte[] body, out ReadOnlyMemory<byte> json)
    {
        json = body;
        if (IsForm(request) && !IsObject(body))
        {
            if (Field(body, "payload="u8) is not { } field)
            {
                return "The form has no field 'payload'.";
            }

            json = field;
        }

        if (JsonText.FaultOfObject(json.Span) is { } fault)
        {
            return $"The body is not taken: {fault}.";
        }

        if (!IsObject(json.Span))
        {
            return "The body is not taken: it must be a JSON object, not null.";
        }

        json = LoneSurrogates.Replace(json);
        return null;
    }

    private static bool IsForm(HttpRequest request) => request.ContentType?.StartsWith(FormType, StringComparison.OrdinalIgnoreCase) ?? false;

    /// <summary>Whether a text is an object if it is JSON. No form begins so, and curl calls whatever it sends a form.</summary>
    private static bool IsObject(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8).StartsWith("{"u8);

    /// <summary>A form's field, decoded from bytes to bytes: it may be as long as the body.</summary>
    private static byte[]? Field(byte[] form, ReadOnlySpan<byte> start)
    {
        foreach (var range in form.AsSpan().Split((byte)'&'))
        {
            var (offset, length) = range.GetOffsetAndLength(form.Length);
            if (form.AsSpan(offset, length).StartsWith(start))
            {
                return WebUtility.UrlDecodeToBytes(form, offset + start.Length, length - start.Length);
            }
        }

        return null;
    }
}
