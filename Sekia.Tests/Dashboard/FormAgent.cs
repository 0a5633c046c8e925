using System.ComponentModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Agents;

namespace Sekia.Tests.Dashboard;

/// <summary>An agent of a test whose commands take every kind of argument.</summary>
internal sealed class FormAgent : IAgent
{
    private int _sent;

    public string Name => "form-agent";

    public int Sent => Volatile.Read(ref _sent);

    public RateLimit? RateLimit => new(5000, 4321, DateTimeOffset.UnixEpoch.AddYears(60));

    public IReadOnlyList<AgentCommand> Commands => field ??=
    [
        AgentCommand.Create(Fill, "fill", CommandTraits.Idempotent),
        AgentCommand.Create(Wipe, "wipe", CommandTraits.Destructive),
        AgentCommand.Create(Look, "look", CommandTraits.ReadOnly),
    ];

    internal enum Tint
    {
        Red,
        Green,
    }

    internal sealed record Inner(string Text, int Weight = 1);

    [Description("Takes one of everything <b>there</b> is.")]
    private string Fill(
        [Description("Who it is for.")] string owner,
        [Description("Which one.")] int number,
        [Description("What it says.")] string body = "hello",
        [Description("How much.")] double? amount = null,
        [Description("Whether aloud.")] bool loud = false,
        [Description("Its color.")] Tint tint = Tint.Green,
        [Description("What sticks to it.")] string[]? labels = null,
        [Description("What is in it.")] Inner? inner = null)
    {
        Interlocked.Increment(ref _sent);
        return $"{owner}#{number} {body} {amount} {loud} {tint} {string.Join('+', labels ?? [])} {inner?.Text}";
    }

    [Description("Removes it.")]
    private string Wipe([Description("Which.")] string name)
    {
        Interlocked.Increment(ref _sent);
        return name;
    }

    [Description("Only looks.")]
    private string Look() => Name;
}

/// <summary>Brings an agent of a test.</summary>
internal sealed class AgentModule(IAgent agent, Func<AgentOptions>? settings = null) : IModule
{
    private readonly AgentOptions _settings = new();

    public string Name => "TestAgent";

    public void AddServices(IServiceCollection services, IConfigurationSection section) =>
        services.AddSingleton(new AgentInstance(agent, settings ?? (() => _settings)));
}
