using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Hosting;

/// <summary>The login of the API and the dashboard, in section <c>Dashboard</c>. Both or none.</summary>
public sealed class WebCredentials : ModuleOptions, IValidatableObject
{
    internal const string Section = "Dashboard";

    public string Username { get; set; } = "";

    [Secret]
    public string Password { get; set; } = "";

    /// <summary>Whether a login is asked for.</summary>
    internal bool AreSet => Username.Length > 0 && Password.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Username.Length > 0 != Password.Length > 0)
        {
            var missing = Username.Length > 0 ? nameof(Password) : nameof(Username);
            yield return new ValidationResult(
                $"is missing: a login is a username and a password. Set it{EnvironmentNames.Alternative($"{Section}:{missing}")}.", [missing]);
        }

        if (Username.Contains(':', StringComparison.Ordinal))
        {
            yield return new ValidationResult("must not contain ':', which HTTP Basic uses to divide username and password.", [nameof(Username)]);
        }
    }
}
