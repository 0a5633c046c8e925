using System.Net;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Bus;

namespace Sekia.Modules.GitHub;

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
        if (request.ContentType?.StartsWith(FormType, StringComparison.OrdinalIgnoreCase) ?? false)
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

        if (json.Span.TrimStart(" \t\r\n"u8)[0] != (byte)'{')
        {
            return "The body is not taken: it must be a JSON object, not null.";
        }

        json = LoneSurrogates.Replace(json);
        return null;
    }

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
