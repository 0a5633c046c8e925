using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Sekia.Modules.Cli.Remote;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Cli;

/// <summary>What was typed and makes no command of ours, in our own words. Those of the library speak of its types, and of the whole help.</summary>
internal static class ParseFaults
{
    /// <summary>Writes what is wrong, if anything is.</summary>
    /// <returns>Whether anything was.</returns>
    public static bool Write(ParseResult parsed, TextWriter error)
    {
        string[] faults = [.. parsed.Action is ParseErrorAction ? Faults(parsed) : parsed.Action == parsed.CommandResult.Command.Action ? OfValues(parsed) : []];
        foreach (var fault in faults)
        {
            error.WriteLine(PlainText.Of(fault));
        }

        if (faults.Length > 0)
        {
            error.WriteLine($"`{NameOf(parsed.CommandResult)} --help` shows what it takes.");
        }

        return faults.Length > 0;
    }

    private static IEnumerable<string> Faults(ParseResult parsed)
    {
        // What is empty, there twice or not understood often makes something else seem to be missing.
        string[] values = [.. OfValues(parsed)];
        return values.Length > 0 ? values
            : parsed.UnmatchedTokens is [var first, ..] ? [OfUnknown(parsed.CommandResult, first)]
            : parsed.Errors.Select(fault => OfError(fault, parsed.CommandResult)).Distinct();
    }

    /// <summary>A value that is empty is a variable of a script that was not set: nobody means all events by it.</summary>
    private static IEnumerable<string> OfValues(ParseResult parsed)
    {
        foreach (var given in parsed.CommandResult.Children)
        {
            var (name, description) = given switch
            {
                OptionResult option => (option.Option.Name, option.Option.Description),
                ArgumentResult argument => ($"<{argument.Argument.Name}>", argument.Argument.Description),
                _ => ("", null),
            };
            if (given.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
            {
                yield return $"{name} is empty. {description}";
            }
            else if (given is OptionResult { Tokens.Count: > 0 } && parsed.Tokens.Count(token => token.Type == TokenType.Option && token.Value == name) is var times and > 1)
            {
                yield return $"{name} is there {times} times. Give it once.";
            }
        }
    }

    private static string OfUnknown(CommandResult given, string token)
    {
        var (command, name) = (given.Command, NameOf(given));
        var isOption = token.StartsWith('-');
        string[] known = [.. isOption ? command.Options.Select(option => option.Name) : command.Subcommands.Select(sub => sub.Name)];
        var meant = Spelling.Closest(token, known) is { } closest ? $" Did you mean {closest}?" : "";
        return isOption ? $"`{name}` has no option '{token}'.{meant}"
            : known.Length > 0 ? $"`{name}` has no command '{token}'.{(meant.Length > 0 ? meant : $" It has {string.Join(", ", known)}.")}"
            : command.Arguments.Count > 0 ? $"'{token}' is one argument too many for `{name}`."
            : $"`{name}` takes no argument: '{token}' is one too many.";
    }

    private static string OfError(ParseError fault, CommandResult command) => fault.SymbolResult switch
    {
        CommandResult given when given.Command.Subcommands.Count > 0 => $"`{NameOf(given)}` needs a command: {string.Join(", ", given.Command.Subcommands.Select(sub => sub.Name))}.",
        OptionResult { Tokens.Count: 0, IdentifierTokenCount: > 0 } option => $"{option.Option.Name} needs a value. {option.Option.Description}",
        OptionResult { Tokens.Count: 0 } option => $"`{NameOf(command)}` needs {option.Option.Name}. {option.Option.Description}",
        ArgumentResult { Tokens.Count: 0, Parent: CommandResult } argument => $"`{NameOf(command)}` needs <{argument.Argument.Name}>. {argument.Argument.Description}",
        _ => fault.Message,
    };

    private static string NameOf(SymbolResult? given) => given is CommandResult { Parent: not null } command ? $"{NameOf(command.Parent)} {command.Command.Name}" : "sekia";
}
