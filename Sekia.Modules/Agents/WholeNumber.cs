using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sekia.Modules.Agents;

/// <summary>
/// Whole numbers as JSON may spell them: <c>42</c>, but also <c>42.0</c> and <c>4.2e1</c>, which languages with one kind of number
/// write. System.Text.Json takes only the first.
/// </summary>
internal static class WholeNumber
{
    /// <summary>Converters for the integers of C# that take every spelling.</summary>
    public static IEnumerable<JsonConverter> Converters { get; } =
    [
        new Converter<sbyte>(), new Converter<byte>(), new Converter<short>(), new Converter<ushort>(),
        new Converter<int>(), new Converter<uint>(), new Converter<long>(), new Converter<ulong>(),
    ];

    /// <summary>Whether a JSON number has no fraction, however large it is.</summary>
    public static bool Is(JsonElement number) =>
        number.TryGetInt64(out _) || (number.TryGetDouble(out var value) && double.IsInteger(value) && !IsTruncated(number, value));

    /// <summary>The value of a whole number; <c>null</c> when it is far beyond every integer of C#.</summary>
    public static decimal? Of(JsonElement number) => number.TryGetDecimal(out var value) ? value : null;

    // A double forgets the fraction of a long number: 9007199254740993.5 has none left.
    private static bool IsTruncated(JsonElement number, double value) =>
        Math.Abs(value) < 1e28 && number.TryGetDecimal(out var exact) && !decimal.IsInteger(exact);

    private sealed class Converter<T> : JsonConverter<T>
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.Number
                || !reader.TryGetDecimal(out var value)
                || !decimal.IsInteger(value)
                || value < decimal.CreateChecked(T.MinValue)
                || value > decimal.CreateChecked(T.MaxValue))
            {
                throw new JsonException(string.Create(CultureInfo.InvariantCulture, $"must be an integer from {T.MinValue} to {T.MaxValue}"));
            }

            return T.CreateChecked(value);
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(decimal.CreateChecked(value));
    }
}
