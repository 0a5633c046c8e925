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

/// <summary>Who a request comes from. Two requests of one caller have equal ones.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Token">The token they showed, if they showed one.</param>
internal sealed record Caller(string Name, AccessRole Role, AccessToken? Token = null)
{
    /// <summary>The user that the host runs as, through the socket.</summary>
    public static Caller OwnUser { get; } = new("the user of the socket", AccessRole.Operate);

    /// <summary>Somebody on this machine, where no login is asked for.</summary>
    public static Caller OnThisMachine { get; } = new("a user of this machine", AccessRole.Operate);

    /// <summary>Whoever knows the login.</summary>
    public static Caller LoggedIn { get; } = new("the login", AccessRole.Operate);

    /// <summary>Whoever has a token.</summary>
    public static Caller With(AccessToken token) => new($"the token '{token.Name}'", token.Role, token);
}
