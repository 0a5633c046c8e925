using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Cli.Bench;

/// <summary>A whole host in this process, on a temporary journal, with an agent that does nothing but notice.</summary>
internal sealed class BenchHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BenchHost(WebApplication app) => _app = app;

    public EventBus Bus => _app.Services.GetRequiredService<EventBus>();

    public WorkflowEngine Workflows => _app.Services.GetRequiredService<WorkflowEngine>();

    public EventJournal Journal => _app.Services.GetRequiredService<EventJournal>();

    public BenchAgent Agent => _app.Services.GetRequiredService<BenchAgent>();

    public static async Task<BenchHost> StartAsync(string directory, IReadOnlyList<IModule> modules, params string[] settings)
    {
        var app = SekiaServer.Build(
            [.. BenchSettings.In(directory, "127.0.0.1:0"), .. settings],
            [.. modules, new BenchModule()]);
        await app.StartAsync();
        return new BenchHost(app);
    }

    /// <summary>Waits until no workflow has more than so many events before it, and no more commands are pending.</summary>
    public async Task SettleAsync(int within, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (Journal.Consumers.Any(consumer => consumer.Sums.Waiting > within) || Journal.Tallies.Commands(CommandStatus.Pending) > within)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class BenchModule : IModule
    {
        public string Name => "Bench";

        public void AddServices(IServiceCollection services, IConfigurationSection section)
        {
            services.AddSingleton<BenchAgent>();
            services.AddAgents<AgentOptions>(section, BenchAgent.AgentName, (provider, _, _) => provider.GetRequiredService<BenchAgent>());
        }
    }
}

/// <summary>Notes when each command reaches it.</summary>
internal sealed class BenchAgent : IAgent
{
    public const string AgentName = "bench-agent";

    private Action<int>? _onCommand;

    public string Name => AgentName;

    public IReadOnlyList<AgentCommand> Commands => field ??=
    [
        AgentCommand.Create(AddLabel, "add_label", CommandTraits.Idempotent),
        AgentCommand.Create(WaitAsync, "wait", CommandTraits.ReadOnly),
    ];

    /// <summary>Called with the number of each command, on the dispatcher's thread.</summary>
    public void Listen(Action<int>? onCommand) => _onCommand = onCommand;

    [Description("Notices that it was called.")]
    private bool AddLabel(
        [Description("Who owns the repository.")] string owner,
        [Description("The repository.")] string repo,
        [Description("The issue's number.")] int number,
        [Description("The label.")] string label)
    {
        Debug.Assert(owner.Length + repo.Length + label.Length > 0, "The arguments are bound.");
        _onCommand?.Invoke(number);
        return true;
    }

    [Description("Answers after some time.")]
    private static async Task<bool> WaitAsync([Description("How long.")] int seconds, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
        return true;
    }
}
