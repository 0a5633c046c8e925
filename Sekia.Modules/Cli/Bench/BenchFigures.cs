using System.Globalization;
using System.Text.Json;

namespace Sekia.Modules.Cli.Bench;

/// <summary>What has been measured, in the order it was: each figure with its name for machines and its line for people.</summary>
internal sealed class BenchFigures
{
    private readonly List<(string? Name, double Value, string Unit, string Meaning)> _figures = [];

    /// <summary>A figure that machines read too.</summary>
    public void Add(string name, double value, string unit, string meaning) => _figures.Add((name, value, unit, meaning));

    /// <summary>A figure that only explains others.</summary>
    public void Explain(double value, string unit, string meaning) => _figures.Add((null, value, unit, meaning));

    public void WriteTable(TextWriter output)
    {
        var width = _figures.Max(figure => figure.Meaning.Length);
        foreach (var (_, value, unit, meaning) in _figures)
        {
            output.WriteLine($"{meaning.PadRight(width)}  {Text(value),12} {unit}");
        }
    }

    public void WriteJson(TextWriter output)
    {
        var named = _figures.Where(figure => figure.Name is not null).ToDictionary(figure => figure.Name!, figure => Math.Round(figure.Value, 2));
        output.WriteLine(JsonSerializer.Serialize(named));
    }

    private static string Text(double value) => value.ToString(value >= 1000 ? "N0" : "0.##", CultureInfo.InvariantCulture);
}
