using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting.Logs;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Makes the one list of settings that everybody is shown. No secret gets into it.</summary>
internal sealed partial class EffectiveSettings
{
    private const string Default = "default";

    /// <summary>Of a value that stands nowhere any more.</summary>
    private const string Former = "as at the start";

    private readonly IConfigurationRoot _configuration;
    private readonly SecretMask _mask = new();
    private readonly IReadOnlyList<string> _pending;
    private readonly Dictionary<string, SettingFault> _faults;
    private readonly Dictionary<string, SettingView> _views = new(StringComparer.OrdinalIgnoreCase);

    private EffectiveSettings(IConfigurationRoot configuration, CheckedSettings check)
    {
        _configuration = configuration;
        _mask.Add(check.Secrets);
        _pending = check.PendingRestart();
        _faults = check.Found.GroupBy(fault => fault.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(same => same.Key, same => same.First(), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The settings of all sections, with those that nobody knows.</summary>
    /// <param name="check">Knows the sections.</param>
    /// <param name="configuration">Where they come from.</param>
    /// <param name="sections">Sections besides, which somebody else reads.</param>
    public static SettingsView Of(SettingsCheck check, IConfigurationRoot configuration, params string[] sections)
    {
        var list = new EffectiveSettings(configuration, check.Check(configuration));
        foreach (var binding in check.Bindings)
        {
            list.AddObject(binding.Current, binding.Path);
        }

        foreach (var section in sections)
        {
            list.AddTexts(configuration.GetSection(section));
        }

        list.AddUnknown();
        return new SettingsView([.. list._views.Values.OrderBy(view => view.Key, StringComparer.OrdinalIgnoreCase)], list._pending);
    }

    private void AddObject(object options, string path)
    {
        foreach (var setting in OptionsShape.SettingsOf(options.GetType()))
        {
            AddValue($"{path}:{setting.Name}", setting.PropertyType, setting.GetValue(options), setting);
        }
    }

    private void AddValue(string key, Type type, object? value, PropertyInfo setting)
    {
        var wanted = Nullable.GetUnderlyingType(type) ?? type;
        if (OptionsShape.IsSecret(setting))
        {
            Add(key, null, secret: true, value is not (null or "" or ICollection { Count: 0 }), setting);
        }
        else if (SettingText.IsScalar(wanted) || value is null)
        {
            Add(key, TextOf(value), secret: false, value is not (null or ""), setting);
        }
        else if (OptionsShape.DictionaryValue(wanted) is { } of)
        {
            foreach (DictionaryEntry entry in (IDictionary)value)
            {
                AddValue($"{key}:{entry.Key}", of, entry.Value, setting);
            }
        }
        else if (OptionsShape.ListElement(wanted) is { } element)
        {
            AddList(key, element, (IEnumerable)value, setting);
        }
        else
        {
            AddObject(value, key);
        }
    }

    private void AddList(string key, Type element, IEnumerable items, PropertyInfo setting)
    {
        if (SettingText.IsScalar(Nullable.GetUnderlyingType(element) ?? element))
        {
            var text = string.Join(", ", items.Cast<object?>().Select(TextOf));
            Add(key, text, secret: false, text.Length > 0, setting);
            return;
        }

        foreach (var (number, item) in items.Cast<object>().Index())
        {
            AddValue(string.Create(CultureInfo.InvariantCulture, $"{key}:{number}"), element, item, setting);
        }
    }

    private void Add(string key, string? value, bool secret, bool isSet, PropertyInfo setting) => _views[key] = new SettingView(
        key, value is null ? null : Masked(value), OriginOf(key), secret, isSet, OptionsShape.IsReloadable(setting), _faults.GetValueOrDefault(key)?.Text);

    private void AddTexts(IConfigurationSection section)
    {
        foreach (var child in section.GetChildren())
        {
            AddTexts(child);
            if (child.Value is { } text)
            {
                _views[child.Path] = new SettingView(child.Path, Masked(text), OriginOf(child.Path), Secret: false, text.Length > 0, Reloadable: true, Fault: null);
            }
        }
    }

    private void AddUnknown()
    {
        foreach (var fault in _faults.Values.Where(fault => !_views.ContainsKey(fault.Key)))
        {
            _views[fault.Key] = new SettingView(fault.Key, null, OriginOf(fault.Key), Secret: false, SettingOrigin.Of(_configuration, fault.Key) is not null, Reloadable: false, fault.Text);
        }
    }

    private string OriginOf(string key) => SettingsView.IsAmong(_pending, key) ? Former : SettingOrigin.Of(_configuration, key) ?? Default;

    /// <summary>A secret that somebody has put where none belongs, also one within an address.</summary>
    private string Masked(string value) => Login().Replace(_mask.Apply(value), "//***@");

    private static string? TextOf(object? value) => value switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    [GeneratedRegex("//[^/@]+@")]
    private static partial Regex Login();
}
