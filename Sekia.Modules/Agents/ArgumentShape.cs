using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sekia.Modules.Agents;

/// <summary>What a schema asks of one value, read once and made ready for checking many.</summary>
internal sealed class ArgumentShape
{
    public ArgumentKinds Kinds { get; set; } = ArgumentKinds.Any;

    /// <summary>The known fields of an object; <c>null</c> when any field may stand there.</summary>
    public IReadOnlyList<ArgumentField>? Fields { get; set; }

    /// <summary>What the other fields of an object must be; <c>null</c> when only the known ones may stand there.</summary>
    public ArgumentShape? OtherFields { get; set; }

    public ArgumentShape? Items { get; set; }

    /// <summary>The choices, when not every value of the kind is one.</summary>
    public IReadOnlyList<JsonElement>? Choices { get; set; }

    public ArgumentFormat? Format { get; set; }

    public Regex? Pattern { get; set; }

    public (decimal Least, decimal Most)? IntegerRange { get; set; }

    public (double Least, double Most)? Range { get; set; }

    public (int Least, int Most)? Length { get; set; }

    /// <summary>What is asked for, in words: "an integer", "a string or null", "one of "a", "b"".</summary>
    public string Expected => ArgumentWords.Expected(this);

    /// <summary>Walks a value and reports everything about it that is not as asked.</summary>
    public void Check(JsonElement value, ArgumentFaults faults)
    {
        var kind = KindOf(value);
        if ((Kinds & kind) == 0)
        {
            faults.Add($"must be {Expected}, not {ArgumentWords.Describe(value)}");
            return;
        }

        if (Choices is not null && !Choices.Any(choice => JsonElement.DeepEquals(choice, value)))
        {
            faults.Add($"must be {Expected}, not {ArgumentWords.Show(value)}");
            return;
        }

        switch (kind)
        {
            case ArgumentKinds.Object:
                CheckFields(value, faults);
                break;
            case ArgumentKinds.Array:
                CheckItems(value, faults);
                break;
            case ArgumentKinds.String:
                CheckText(value, faults);
                break;
            case ArgumentKinds.Number or (ArgumentKinds.Number | ArgumentKinds.Integer):
                CheckNumber(value, faults);
                break;
        }
    }

    /// <summary>A whole number is of two kinds: it satisfies whoever asks for an integer, and whoever asks for a number.</summary>
    private static ArgumentKinds KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => ArgumentKinds.Object,
        JsonValueKind.Array => ArgumentKinds.Array,
        JsonValueKind.String => ArgumentKinds.String,
        JsonValueKind.Number => WholeNumber.Is(value) ? ArgumentKinds.Number | ArgumentKinds.Integer : ArgumentKinds.Number,
        JsonValueKind.True or JsonValueKind.False => ArgumentKinds.Boolean,
        _ => ArgumentKinds.Null,
    };

    private void CheckFields(JsonElement value, ArgumentFaults faults)
    {
        if (Fields is null && OtherFields is null)
        {
            return;
        }

        var known = 0;
        foreach (var field in Fields ?? [])
        {
            if (value.TryGetProperty(field.Utf8Name, out var inner))
            {
                known++;
                faults.Enter(field.Name);
                field.Shape.Check(inner, faults);
                faults.Leave();
            }
            else if (field.Required)
            {
                faults.AddMissing(field.Name, field.Shape);
            }
        }

        // Equal counts mean that nothing else is there; a key that occurs twice only costs the closer look.
        if (known != value.GetPropertyCount())
        {
            CheckOtherFields(value, faults);
        }
    }

    private void CheckOtherFields(JsonElement value, ArgumentFaults faults)
    {
        var names = Fields?.Select(field => field.Name).ToArray() ?? [];
        foreach (var name in value.EnumerateObject().Select(property => property.Name).Distinct(StringComparer.Ordinal))
        {
            if (names.Contains(name, StringComparer.Ordinal))
            {
                continue;
            }

            if (OtherFields is null)
            {
                faults.AddUnknown(name, names);
                continue;
            }

            faults.Enter(name);
            OtherFields.Check(value.GetProperty(name), faults);
            faults.Leave();
        }
    }

    private void CheckItems(JsonElement value, ArgumentFaults faults)
    {
        CheckLength(value.GetArrayLength(), "elements", faults);
        if (Items is null)
        {
            return;
        }

        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            faults.Enter(index++);
            Items.Check(item, faults);
            faults.Leave();
        }
    }

    private void CheckText(JsonElement value, ArgumentFaults faults)
    {
        if (Format is not null && !Format.Fits(value))
        {
            faults.Add($"must be {Format.Words}");
        }

        if (Length is null && Pattern is null)
        {
            return;
        }

        var text = value.GetString() ?? "";
        CheckLength(text.Length, "characters", faults);
        if (Pattern is not null && !Pattern.IsMatch(text))
        {
            faults.Add($"must match the pattern {Pattern}");
        }
    }

    private void CheckLength(int length, string unit, ArgumentFaults faults)
    {
        if (Length is { } limits && (length < limits.Least || length > limits.Most))
        {
            var asked = limits.Most == int.MaxValue ? $"at least {limits.Least}" : $"{limits.Least} to {limits.Most}";
            faults.Add($"must have {asked} {unit}, not {length}");
        }
    }

    private void CheckNumber(JsonElement value, ArgumentFaults faults)
    {
        if (IntegerRange is { } whole && !(WholeNumber.Of(value) is { } number && number >= whole.Least && number <= whole.Most))
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"must be an integer from {whole.Least} to {whole.Most}, not {ArgumentWords.Show(value)}"));
        }
        else if (Range is { } range && !(value.GetDouble() is var real && real >= range.Least && real <= range.Most))
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"must be from {range.Least} to {range.Most}, not {ArgumentWords.Show(value)}"));
        }
    }
}
