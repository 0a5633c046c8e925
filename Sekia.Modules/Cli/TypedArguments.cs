using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Sekia.Modules.Cli;

/// <summary>Arguments and options that take more than any text, and say in a sentence what they take.</summary>
internal static class TypedArguments
{
    /// <summary>An option that takes a whole number.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="of">What is counted or numbered, one word.</param>
    /// <param name="least">The smallest that makes sense.</param>
    public static Option<long?> Number(string name, string description, string of, long least) =>
        new(name) { Description = description, HelpName = of, CustomParser = given => NumberIn(given, name, least) };

    /// <summary>An argument that is a whole number and may be left out.</summary>
    /// <inheritdoc cref="Number"/>
    public static Argument<long?> NumberArgument(string name, string description, long least) =>
        new(name) { Description = description, DefaultValueFactory = _ => null, CustomParser = given => NumberIn(given, $"<{name}>", least) };

    /// <summary>An argument that is one of a few words.</summary>
    public static Argument<string> Choice(string name, string description, params string[] words)
    {
        var argument = new Argument<string>(name) { Description = description, HelpName = string.Join('|', words) };
        argument.CompletionSources.Add(words);
        argument.Validators.Add(given => CheckChoice(given, $"<{name}>", words));
        return argument;
    }

    /// <summary>An option that takes one of a few words and must be given.</summary>
    public static Option<string> RequiredChoice(string name, string description, params string[] words)
    {
        var option = new Option<string>(name) { Description = description, HelpName = string.Join('|', words), Required = true };
        option.CompletionSources.Add(words);
        option.Validators.Add(given => CheckChoice(given, name, words));
        return option;
    }

    private static long? NumberIn(ArgumentResult given, string name, long least)
    {
        // One that is empty or comes twice is told of elsewhere.
        var text = given.Tokens.Count == 0 ? "" : given.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least)
        {
            return number;
        }

        given.AddError($"{name} takes a whole number from {least} on, and not '{text}'.");
        return null;
    }

    private static void CheckChoice(SymbolResult given, string name, string[] words)
    {
        if (given.Tokens is [var one] && !words.Contains(one.Value, StringComparer.Ordinal))
        {
            given.AddError($"{name} takes {string.Join(", ", words[..^1])} or {words[^1]}, and not '{one.Value}'.");
        }
    }
}
