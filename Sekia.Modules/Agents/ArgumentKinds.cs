namespace Sekia.Modules.Agents;

/// <summary>The kinds of value that a schema's <c>type</c> can name.</summary>
[Flags]
internal enum ArgumentKinds
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Number = 8,
    String = 16,
    Array = 32,
    Object = 64,
    Any = Null | Boolean | Integer | Number | String | Array | Object,
}
