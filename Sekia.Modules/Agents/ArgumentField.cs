using System.Text;

namespace Sekia.Modules.Agents;

/// <summary>A named part of an object that a schema describes.</summary>
internal sealed class ArgumentField(string name, ArgumentShape shape, bool required)
{
    public string Name { get; } = name;

    /// <summary>The name as it stands in a payload, to look it up without making a string of every key.</summary>
    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(name);

    public ArgumentShape Shape { get; } = shape;

    public bool Required { get; } = required;
}
