using System.Reflection;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>What an options class is made of, as far as configuration can fill it.</summary>
internal static class OptionsShape
{
    /// <summary>The settings of an options class: its public properties that can be set.</summary>
    public static IEnumerable<PropertyInfo> SettingsOf(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.SetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0);

    public static bool IsSecret(PropertyInfo property) => property.IsDefined(typeof(SecretAttribute), inherit: true);

    public static bool IsReloadable(PropertyInfo property) => property.IsDefined(typeof(ReloadableAttribute), inherit: true);

    /// <summary>The type of the values of a dictionary with text keys; <c>null</c> when the type is something else.</summary>
    public static Type? DictionaryValue(Type type) =>
        type.IsGenericType
        && type.GetGenericArguments() is [var key, var value]
        && key == typeof(string)
        && type.IsAssignableFrom(typeof(Dictionary<,>).MakeGenericType(key, value))
            ? value
            : null;

    /// <summary>The type of the elements of an array or a list; <c>null</c> when the type is something else.</summary>
    public static Type? ListElement(Type type) => type switch
    {
        { IsArray: true } => type.GetElementType(),
        { IsGenericType: true } when type.GetGenericArguments() is [var element]
            && type.IsAssignableFrom(typeof(List<>).MakeGenericType(element)) => element,
        _ => null,
    };
}
