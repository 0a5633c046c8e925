namespace Sekia.Modules.Agents;

/// <summary>How much may still be asked of an agent's service, as the service said it last.</summary>
/// <param name="Limit">How many requests it takes in a period of its own.</param>
/// <param name="Remaining">How many of them are left.</param>
/// <param name="ResetsAt">When they are counted anew, by the service's clock.</param>
public sealed record RateLimit(long Limit, long Remaining, DateTimeOffset ResetsAt);
