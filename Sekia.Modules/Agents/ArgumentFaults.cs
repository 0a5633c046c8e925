using System.Globalization;
using System.Text;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Agents;

/// <summary>What is wrong with one payload, gathered while it is walked. Knows where the walk is, so that each fault names its place.</summary>
internal sealed class ArgumentFaults(string command)
{
    /// <summary>More faults than this are not listed: nobody reads them, and a hostile payload could have thousands.</summary>
    public const int MaxListed = 20;

    private readonly List<string> _found = [];

    // A step is a field's name or an element's number; it becomes text only when a fault is found.
    private readonly Stack<(string? Field, int Index)> _steps = new();

    /// <summary>One sentence per fault, in the order of the walk.</summary>
    public IReadOnlyList<string> Found => _found;

    public void Enter(string field) => _steps.Push((field, 0));

    public void Enter(int index) => _steps.Push((null, index));

    public void Leave() => _steps.Pop();

    /// <summary>The value at this place is not what was asked for.</summary>
    /// <param name="what">The rest of the sentence, such as "must be a string, not a number".</param>
    public void Add(string what) => Report($"argument '{Path()}' of '{command}' {what}");

    /// <summary>A field of the object at this place is absent.</summary>
    public void AddMissing(string field, ArgumentShape shape)
    {
        Enter(field);
        Add($"is missing; it must be {shape.Expected}");
        Leave();
    }

    /// <summary>The object at this place has a field that nobody asked for.</summary>
    public void AddUnknown(string field, IReadOnlyCollection<string> known)
    {
        if (_found.Count > MaxListed)
        {
            return;
        }

        var owner = _steps.Count == 0 ? $"'{command}' has no argument" : $"argument '{Path()}' of '{command}' has no field";
        var takes = known.Count == 0 ? "it takes none" : $"it takes {string.Join(", ", known)}";
        var written = Excerpt.Of(field);
        var meant = Spelling.Closest(written, known);
        Report($"{owner} '{written}' ({(meant is null ? "" : $"did you mean '{meant}'? ")}{takes})");
    }

    private void Report(string fault)
    {
        if (_found.Count < MaxListed)
        {
            _found.Add(fault);
        }
        else if (_found.Count == MaxListed)
        {
            _found.Add("and more faults of '" + command + "' are not listed");
        }
    }

    private string Path()
    {
        var path = new StringBuilder();
        foreach (var (field, index) in _steps.Reverse())
        {
            if (field is null)
            {
                path.Append(CultureInfo.InvariantCulture, $"[{index}]");
            }
            else
            {
                path.Append(path.Length == 0 ? "" : ".").Append(Excerpt.Of(field));
            }
        }

        return path.ToString();
    }
}
