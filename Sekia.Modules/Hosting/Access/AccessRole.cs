using System.Text.Json.Serialization;

namespace Sekia.Modules.Hosting.Access;

/// <summary>What a caller may do.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AccessRole>))]
internal enum AccessRole
{
    /// <summary>Look, and change nothing: GET and HEAD.</summary>
    [JsonStringEnumMemberName("read")]
    Read,

    /// <summary>Everything.</summary>
    [JsonStringEnumMemberName("operate")]
    Operate,
}

/// <summary>Who a request comes from, as far as rights go.</summary>
/// <param name="Role">What they may do.</param>
/// <param name="Token">The token they showed, if they showed one.</param>
internal sealed record Caller(AccessRole Role, AccessToken? Token = null)
{
    /// <summary>The user of this machine, or whoever knows the login.</summary>
    public static Caller Operator { get; } = new(AccessRole.Operate);
}
