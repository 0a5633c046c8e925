using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Checks an options object against the annotations on its properties, and against its own rules.</summary>
internal static class Annotations
{
    /// <param name="options">The object, filled.</param>
    /// <param name="path">Its key.</param>
    /// <param name="unreadable">Properties whose fault is known already; nothing that follows from it is reported.</param>
    public static IEnumerable<SettingFault> FaultsIn(object options, string path, IReadOnlySet<PropertyInfo> unreadable)
    {
        foreach (var setting in OptionsShape.SettingsOf(options.GetType()).Except(unreadable))
        {
            var value = setting.GetValue(options);
            var context = new ValidationContext(options) { MemberName = setting.Name };
            foreach (var rule in setting.GetCustomAttributes<ValidationAttribute>(inherit: true))
            {
                if (rule.GetValidationResult(value, context) is { } failure)
                {
                    var key = $"{path}:{setting.Name}";
                    yield return new SettingFault(key, Sentence(rule, setting, key, failure));
                }
            }
        }

        if (unreadable.Count == 0 && options is IValidatableObject self)
        {
            foreach (var failure in self.Validate(new ValidationContext(options)))
            {
                var key = failure.MemberNames.FirstOrDefault() is { } member ? $"{path}:{member}" : path;
                yield return new SettingFault(key, failure.ErrorMessage ?? "is not valid.");
            }
        }
    }

    private static string Sentence(ValidationAttribute rule, PropertyInfo setting, string key, ValidationResult failure)
    {
        if (rule.ErrorMessage is not null)
        {
            return failure.ErrorMessage!;
        }

        return rule switch
        {
            RequiredAttribute => $"is missing. Set it to {SettingText.ExpectedForm(setting.PropertyType)}{EnvironmentNames.Alternative(key)}.",
            RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"must be between {range.Minimum} and {range.Maximum}."),
            MinLengthAttribute least => $"must have at least {least.Length} characters or entries.",
            MaxLengthAttribute most => $"must have at most {most.Length} characters or entries.",
            RegularExpressionAttribute pattern => $"must match {pattern.Pattern}.",
            _ => failure.ErrorMessage ?? "is not valid.",
        };
    }
}
