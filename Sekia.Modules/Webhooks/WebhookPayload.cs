using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Webhooks;

/// <summary>Writes an event's payload around a body, which stays as it came, byte for byte.</summary>
internal static class WebhookPayload
{
    /// <summary>How much deeper the payload is nested than the body in it.</summary>
    public const int Depth = 1;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="name">The webhook's.</param>
    /// <param name="request">Whose headers and query are shown.</param>
    /// <param name="notShown">A header that is left out besides those that speak of a secret.</param>
    /// <param name="body">Well-formed JSON, or empty for none.</param>
    public static ReadOnlyMemory<byte> Write(string name, HttpRequest request, string? notShown, ReadOnlySpan<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length + 1024);
        using var json = new Utf8JsonWriter(buffer, s_options);
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        json.WriteStartObject("headers"u8);
        foreach (var (header, values) in request.Headers)
        {
            if (ShownNames.IsShown(header) && !header.Equals(notShown, StringComparison.OrdinalIgnoreCase))
            {
                json.WriteString(header.ToLowerInvariant(), string.Join(", ", values.AsEnumerable()));
            }
        }

        json.WriteEndObject();
        json.WriteStartObject("query"u8);
        foreach (var (parameter, values) in request.Query)
        {
            if (!ShownNames.SpeaksOfSecret(parameter))
            {
                json.WriteString(parameter, string.Join(", ", values.AsEnumerable()));
            }
        }

        json.WriteEndObject();
        json.WritePropertyName("body"u8);
        json.WriteRawValue(body.IsEmpty ? "null"u8 : body, skipInputValidation: true);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
