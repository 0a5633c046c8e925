using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sekia.Modules.Security;

/// <summary>Numbers as Go writes a float64: the fewest digits that read back to the same double, and an exponent only far from zero.</summary>
internal static class CanonicalNumber
{
    // Plain decimals from 1e-6 up to, but without, 1e21: as in JavaScript.
    private const int LeastPlainExponent = -6;
    private const int MostPlainExponent = 20;

    /// <exception cref="JsonException">The number is beyond the largest double.</exception>
    public static byte[] Of(JsonElement number) =>
        number.TryGetDouble(out var value) && double.IsFinite(value)
            ? Encoding.ASCII.GetBytes(Text(value))
            : throw new JsonException("a number is beyond the largest double");

    private static string Text(double value)
    {
        var sign = double.IsNegative(value) ? "-" : "";
        if (value == 0)
        {
            return sign + "0";
        }

        var (digits, exponent) = Shortest(Math.Abs(value));
        return sign + exponent switch
        {
            < LeastPlainExponent or > MostPlainExponent => Scientific(digits, exponent),
            < 0 => "0." + new string('0', -exponent - 1) + digits,
            _ when digits.Length <= exponent + 1 => digits.PadRight(exponent + 1, '0'),
            _ => $"{digits.AsSpan(0, exponent + 1)}.{digits.AsSpan(exponent + 1)}",
        };
    }

    private static string Scientific(string digits, int exponent)
    {
        var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits.AsSpan(1)}";
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent)}");
    }

    /// <summary>The significant digits, without zeros at either end, and the power of ten of the first.</summary>
    private static (string Digits, int Exponent) Shortest(double value)
    {
        // "R" writes the fewest digits that round-trip, as "123.45" or as "1.2345E+30".
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = mark < 0 ? text : text[..mark];
        var scale = mark < 0 ? 0 : int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var point = mantissa.IndexOf('.', StringComparison.Ordinal) is var at and >= 0 ? at : mantissa.Length;
        var all = mantissa.Replace(".", "", StringComparison.Ordinal);
        var leadingZeros = all.Length - all.TrimStart('0').Length;
        return (all.Trim('0'), scale + point - 1 - leadingZeros);
    }
}
