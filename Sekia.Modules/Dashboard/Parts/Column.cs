namespace Sekia.Modules.Dashboard.Parts;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its headline.</param>
/// <param name="IsNumber">Whether it holds figures, which stand under each other by their ends.</param>
public readonly record struct Column(string Name, bool IsNumber = false)
{
    public static implicit operator Column(string name) => new(name);

    /// <summary>A column of figures.</summary>
    public static Column Number(string name) => new(name, IsNumber: true);
}
