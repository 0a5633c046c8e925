using System.Text.RegularExpressions;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>The way to an error, in the script's own lines only: neither the prelude nor what is behind it tells its author anything.</summary>
/// <param name="Text">As Lua writes it, without the others' lines.</param>
/// <param name="Place">The innermost line of the script, as Lua begins a message: <c>file.lua:3: </c>. Empty when there is none.</param>
internal readonly partial record struct LuaTraceback(string Text, string Place)
{
    public static LuaTraceback From(string traceback)
    {
        var lines = traceback.Split('\n').Where(line => !line.StartsWith("\tsekia:", StringComparison.Ordinal) && !line.StartsWith("\t[C]: in ?", StringComparison.Ordinal));
        var text = string.Join('\n', lines);
        var place = ScriptLine().Match(text);
        return new LuaTraceback(text, place.Success ? place.Groups[1].Value + " " : "");
    }

    /// <summary>A message; one that begins with a line of the prelude begins with the script's line that led there.</summary>
    public string Placed(string message)
    {
        var prelude = PreludeLine().Match(message);
        return prelude.Success ? Place + message[prelude.Length..] : message;
    }

    [GeneratedRegex(@"^\t([^\[\n].*?:\d+:) ", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ScriptLine();

    [GeneratedRegex(@"^sekia:\d+: ", RegexOptions.CultureInvariant)]
    private static partial Regex PreludeLine();
}
