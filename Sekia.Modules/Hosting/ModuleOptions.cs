namespace Sekia.Modules.Hosting;

/// <summary>What every module's section may hold.</summary>
public class ModuleOptions
{
    /// <summary>A disabled module registers nothing, checks nothing and maps nothing. Read once, at start.</summary>
    public bool Enabled { get; set; } = true;
}

/// <summary>The value is a secret: it never reaches a log, an event, an answer or an error message.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;

/// <summary>A change of the value takes effect while the host runs. Of any other setting the log says that it needs a restart.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ReloadableAttribute : Attribute;
