using System.CommandLine;

namespace Sekia.Modules.Cli.Completion;

/// <summary><c>sekia completion</c>: scripts that make a shell ask the program itself what could come next.</summary>
internal static class CompletionCommand
{
    // The directive [suggest:<position>] makes the program print, a line each, what fits at that place of the line that follows.
    private const string Bash = """
        # Completion of sekia for bash: source <(sekia completion bash)
        _sekia_completion() {
            local IFS=$'\n'
            local line="${COMP_LINE:0:COMP_POINT}"
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _sekia_completion sekia
        """;

    private const string Zsh = """
        # Completion of sekia for zsh: source <(sekia completion zsh)
        _sekia_completion() {
            local line="sekia ${(j: :)words[2,CURRENT]}"
            local -a found
            found=(${(f)"$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)"})
            (( $#found )) && compadd -- "${found[@]}" || _files
        }
        compdef _sekia_completion sekia
        """;

    private const string Fish = """
        # Completion of sekia for fish: sekia completion fish | source
        function __sekia_completion
            set -l line (commandline -cp)
            sekia "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c sekia -f -a '(__sekia_completion)'
        """;

    private static readonly Dictionary<string, string> s_scripts = new(StringComparer.Ordinal) { ["bash"] = Bash, ["fish"] = Fish, ["zsh"] = Zsh };

    public static Command Create()
    {
        var shell = TypedArguments.Choice("shell", "The shell that is to complete.", [.. s_scripts.Keys]);
        var command = new Command("completion", "Prints a script that lets a shell complete the commands of sekia.") { shell };
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(s_scripts[parsed.GetRequiredValue(shell)]));
        return command;
    }
}
