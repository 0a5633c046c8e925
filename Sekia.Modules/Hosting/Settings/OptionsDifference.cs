using System.Collections;
using System.Reflection;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>A setting that is not what it was.</summary>
/// <param name="Key">The full key.</param>
/// <param name="Taken">It is in effect; otherwise it takes a restart.</param>
internal readonly record struct SettingChange(string Key, bool Taken);

/// <summary>Compares settings as they are with settings as they were read again.</summary>
internal static class OptionsDifference
{
    /// <summary>Lists what has changed, and gives settings that need a restart their old value back.</summary>
    public static IReadOnlyList<SettingChange> Merge(object current, object fresh, string path)
    {
        var changes = new List<SettingChange>();
        Merge(current, fresh, path, changes);
        return changes;
    }

    private static void Merge(object current, object fresh, string path, List<SettingChange> changes)
    {
        foreach (var setting in OptionsShape.SettingsOf(current.GetType()))
        {
            var was = setting.GetValue(current);
            var becomes = setting.GetValue(fresh);
            if (Same(was, becomes))
            {
                continue;
            }

            var key = $"{path}:{setting.Name}";
            if (OptionsShape.IsReloadable(setting))
            {
                changes.Add(new(key, Taken: true));
            }
            else if (was is not null && becomes is not null && IsObject(setting))
            {
                Merge(was, becomes, key, changes);
            }
            else
            {
                setting.SetValue(fresh, was);
                changes.Add(new(key, Taken: false));
            }
        }
    }

    private static bool Same(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (string or ValueType or Uri, _) => left.Equals(right),
        (IDictionary a, IDictionary b) => a.Count == b.Count && a.Keys.Cast<object>().All(key => b.Contains(key) && Same(a[key], b[key])),
        (IEnumerable a, IEnumerable b) => SameSequence([.. a.Cast<object?>()], [.. b.Cast<object?>()]),
        _ => OptionsShape.SettingsOf(left.GetType()).All(setting => Same(setting.GetValue(left), setting.GetValue(right))),
    };

    private static bool SameSequence(List<object?> left, List<object?> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => Same(pair.First, pair.Second));

    private static bool IsObject(PropertyInfo setting)
    {
        var type = Nullable.GetUnderlyingType(setting.PropertyType) ?? setting.PropertyType;
        return !SettingText.IsScalar(type) && !typeof(IEnumerable).IsAssignableFrom(type);
    }
}
