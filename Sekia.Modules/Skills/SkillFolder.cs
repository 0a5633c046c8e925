using Microsoft.Extensions.Hosting;
using Sekia.Modules.Hosting;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sekia.Modules.Skills;

/// <summary>Reads the skills as they are on disk at the moment. One that is not understood does not keep the others away.</summary>
internal sealed class SkillFolder(LiveOptions<SkillsOptions> options, IHostEnvironment host)
{
    private const string Fence = "---";

    /// <summary>A file for people to read is not larger.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>Of stream, document, head and list, with room for whatever else a head may hold.</summary>
    private const int MaxDepth = 32;

    public SkillList Read()
    {
        var folder = new DirectoryInfo(Path.GetFullPath(options.Current.Directory, host.ContentRootPath));
        var (skills, refused) = (new List<Skill>(), new List<RefusedSkill>());
        if (!folder.Exists)
        {
            return new SkillList(skills, refused);
        }

        foreach (var of in folder.EnumerateDirectories().OrderBy(of => of.Name, StringComparer.Ordinal))
        {
            var file = new FileInfo(Path.Combine(of.FullName, "SKILL.md"));
            if (!file.Exists)
            {
                continue;
            }

            try
            {
                skills.Add(Read(file, of));
            }
            catch (Exception fault) when (fault is YamlException or InvalidDataException or IOException or UnauthorizedAccessException)
            {
                refused.Add(new RefusedSkill(of.Name, $"{file.FullName}: {fault.Message}"));
            }
        }

        return new SkillList(skills, refused);
    }

    private static Skill Read(FileInfo file, DirectoryInfo folder)
    {
        if (file.Length > MaxBytes)
        {
            throw new InvalidDataException($"the file has more than {MaxBytes} bytes; shorten it");
        }

        var head = HeadOf(File.ReadAllLines(file.FullName));
        return new Skill(
            TextOf(head, "name") is { Length: > 0 } name ? name : folder.Name,
            TextOf(head, "description"),
            ListOf(head, "triggers"),
            TextOf(head, "version"),
            File.Exists(Path.Combine(folder.FullName, "handler.lua")));
    }

    /// <summary>What stands between the fences; <c>null</c> when the file begins without one.</summary>
    private static YamlMappingNode? HeadOf(string[] lines)
    {
        if (lines is not [Fence, ..])
        {
            return null;
        }

        var end = Array.FindIndex(lines, 1, line => line.StartsWith(Fence, StringComparison.Ordinal));
        if (end < 0)
        {
            throw new InvalidDataException($"the head begins with {Fence} and does not end; put another line {Fence} after it");
        }

        var text = string.Join('\n', lines[1..end]);
        CheckDepth(text);
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents switch
        {
            [] => null,
            [{ RootNode: YamlMappingNode head }] => head,
            _ => throw new InvalidDataException("the head must be lines of the form key: value"),
        };
    }

    /// <summary>The library reads nested lists by recursion: enough of them would use up the stack, and that ends the process.</summary>
    private static void CheckDepth(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        for (var depth = 0; parser.MoveNext();)
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > MaxDepth)
            {
                throw new InvalidDataException($"the head is nested deeper than {MaxDepth} levels; a skill takes one list at most");
            }
        }
    }

    private static string TextOf(YamlMappingNode? head, string key) => NodeOf(head, key) switch
    {
        null => "",
        YamlScalarNode text => text.Value ?? "",
        _ => throw new InvalidDataException($"'{key}' must be a text"),
    };

    private static IReadOnlyList<string>? ListOf(YamlMappingNode? head, string key) => NodeOf(head, key) switch
    {
        null => null,
        YamlSequenceNode list => [.. list.Select(item => item is YamlScalarNode text ? text.Value ?? "" : throw new InvalidDataException($"'{key}' must be a list of texts"))],
        _ => throw new InvalidDataException($"'{key}' must be a list of texts"),
    };

    private static YamlNode? NodeOf(YamlMappingNode? head, string key) =>
        head is not null && head.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;
}
