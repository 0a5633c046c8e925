using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Sekia.Modules.Cli.Remote;

/// <summary>A table for a terminal or a pipe: no lines, capital headings, one row a line.</summary>
internal static class CliTable
{
    private const int WidthOfPipes = 4096;
    private const int Gap = 3;

    /// <param name="output">Where to.</param>
    /// <param name="empty">What to say when there is no row.</param>
    /// <param name="headings">Of the columns.</param>
    /// <param name="rows">Their cells.</param>
    public static void Write(TextWriter output, string empty, string[] headings, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var (number, heading) in headings.Index())
        {
            table.AddColumn(new TableColumn(new Text(heading)) { NoWrap = true, Padding = new Padding(0, 0, number == headings.Length - 1 ? 0 : Gap, 0) });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(PlainText.Of(cell))));
        }

        if (table.Rows.Count == 0)
        {
            output.WriteLine(empty);
            return;
        }

        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = WidthOfPipes;
        console.Write(table);
        foreach (var line in text.ToString().TrimEnd().Split('\n'))
        {
            output.WriteLine(line.TrimEnd());
        }
    }

    /// <summary>A value of an answer as a cell shows it.</summary>
    public static string Cell(JsonNode? value) => value switch
    {
        null => "-",
        JsonArray several => string.Join(", ", several.Select(Cell)),
        JsonValue text when text.TryGetValue<string>(out var plain) => plain,
        _ => value.ToJsonString(CliJson.Plain),
    };

    /// <summary>A value as one line, for where the lines mean something.</summary>
    public static string Line(JsonNode? value) => PlainText.Of(Cell(value));

    /// <summary>Unix milliseconds as the time here.</summary>
    public static string Time(JsonNode? milliseconds) => milliseconds is null ? "-" : Shown(DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds));

    /// <summary>Unix seconds, which is what events have, as the time here.</summary>
    public static string TimeOfEvent(JsonNode? seconds) => seconds is null ? "-" : Shown(DateTimeOffset.FromUnixTimeSeconds((long)seconds));

    private static string Shown(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
