using System.Collections;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>
/// Fills options objects from configuration. Unlike .NET's own binder it does not stop at the first fault, takes no key that it does
/// not know, and never repeats the value of a secret.
/// </summary>
internal sealed class OptionsReader
{
    private readonly List<SettingFault> _faults = [];
    private readonly List<string> _secrets = [];

    /// <summary>Everything that was wrong so far.</summary>
    public IReadOnlyList<SettingFault> Faults => _faults;

    /// <summary>The values of the secret settings read so far.</summary>
    public IReadOnlyList<string> Secrets => _secrets;

    /// <summary>Reads an object. Settings that are absent or faulty keep their default.</summary>
    /// <param name="type">A class with a parameterless constructor.</param>
    /// <param name="section">Where its settings are.</param>
    /// <param name="othersKeys">Keys in the section that belong to someone else.</param>
    public object ReadObject(Type type, IConfigurationSection section, IReadOnlyCollection<string> othersKeys)
    {
        var target = Activator.CreateInstance(type)!;
        var settings = OptionsShape.SettingsOf(type).ToDictionary(setting => setting.Name, StringComparer.OrdinalIgnoreCase);
        var unreadable = new HashSet<PropertyInfo>();
        foreach (var child in section.GetChildren())
        {
            if (settings.TryGetValue(child.Key, out var setting))
            {
                ReadSetting(target, setting, child, unreadable);
            }
            else if (!othersKeys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                _faults.Add(SettingFault.Unknown("setting", child.Path, child.Key, settings.Keys.Concat(othersKeys)));
            }
        }

        _faults.AddRange(Annotations.FaultsIn(target, section.Path, unreadable));
        return target;
    }

    private void ReadSetting(object target, PropertyInfo setting, IConfigurationSection section, HashSet<PropertyInfo> unreadable)
    {
        var faultsBefore = _faults.Count;
        var value = Read(setting.PropertyType, section, OptionsShape.IsSecret(setting));
        if (value is not null)
        {
            setting.SetValue(target, value);
        }

        if (_faults.Count > faultsBefore)
        {
            unreadable.Add(setting);
        }
    }

    /// <summary>Reads a value of any kind; <c>null</c> when there is none or it is faulty, and the default stays.</summary>
    private object? Read(Type type, IConfigurationSection section, bool secret)
    {
        var wanted = Nullable.GetUnderlyingType(type) ?? type;
        if (SettingText.IsScalar(wanted))
        {
            return ReadScalar(wanted, optional: wanted != type, section, secret);
        }

        if (OptionsShape.DictionaryValue(wanted) is { } valueType)
        {
            return ReadDictionary(valueType, section, secret);
        }

        if (OptionsShape.ListElement(wanted) is { } elementType)
        {
            return ReadList(wanted, elementType, section, secret);
        }

        if (!string.IsNullOrEmpty(section.Value))
        {
            AddFault(section, "must hold further settings, not a single value.");
            return null;
        }

        return section.GetChildren().Any() ? ReadObject(wanted, section, []) : null;
    }

    private object? ReadScalar(Type type, bool optional, IConfigurationSection section, bool secret)
    {
        if (section.GetChildren().Any())
        {
            AddFault(section, $"must be {SettingText.ExpectedForm(type)}, not an object or a list.");
            return null;
        }

        if (section.Value is not { } text || (optional && text.Length == 0))
        {
            return null;
        }

        if (SettingText.Parse(type, text) is not { } value)
        {
            AddFault(section, $"must be {SettingText.ExpectedForm(type)}{(secret ? "" : $", not '{text}'")}.");
            return null;
        }

        if (secret)
        {
            _secrets.Add(text);
        }

        return value;
    }

    private IList? ReadList(Type type, Type elementType, IConfigurationSection section, bool secret)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(elementType))!;
        if (section.Value is { Length: > 0 } text)
        {
            if (!SettingText.IsScalar(elementType))
            {
                AddFault(section, "must be a list of objects, not a single value.");
                return null;
            }

            // In an environment variable a list is easier to write as one text.
            ReadOneLineList(text, list, elementType, section, secret);
        }

        foreach (var child in section.GetChildren())
        {
            if (Read(elementType, child, secret) is { } element)
            {
                list.Add(element);
            }
        }

        if (!type.IsArray)
        {
            return list;
        }

        var array = Array.CreateInstance(elementType, list.Count);
        list.CopyTo(array, 0);
        return array;
    }

    private void ReadOneLineList(string text, IList list, Type elementType, IConfigurationSection section, bool secret)
    {
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (SettingText.Parse(elementType, part) is { } element)
            {
                list.Add(element);
                _secrets.AddRange(secret ? [part] : []);
            }
            else
            {
                AddFault(section, $"each entry must be {SettingText.ExpectedForm(elementType)}{(secret ? "" : $", not '{part}'")}.");
            }
        }
    }

    private IDictionary? ReadDictionary(Type valueType, IConfigurationSection section, bool secret)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            AddFault(section, "must hold named entries, not a single value.");
            return null;
        }

        // Configuration keys have no case, and neither have the names in a dictionary of settings.
        var dictionary = (IDictionary)Activator.CreateInstance(
            typeof(Dictionary<,>).MakeGenericType(typeof(string), valueType), StringComparer.OrdinalIgnoreCase)!;
        foreach (var child in section.GetChildren())
        {
            if (Read(valueType, child, secret) is { } value)
            {
                dictionary[child.Key] = value;
            }
        }

        return dictionary;
    }

    private void AddFault(IConfigurationSection section, string text) => _faults.Add(new(section.Path, text));
}
