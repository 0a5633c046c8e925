using System.Collections.Concurrent;
using System.ComponentModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

/// <summary>A method that asks which command it carries out is told the truth, after any accident.</summary>
public sealed class CommandContextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_context_is_no_argument()
    {
        var command = Assert.Single(new AskingAgent().Commands);

        Assert.Equal(["text"], command.Schema.GetProperty("properties").EnumerateObject().Select(property => property.Name));
        Assert.Throws<InvalidCommandException>(() => ArgumentCheck.Read(command, """{"text":"x","context":{}}"""u8.ToArray()));
    }

    [Fact]
    public async Task Each_attempt_knows_when_the_one_before_began()
    {
        var clock = new TestClock();
        var began = clock.GetUtcNow();
        var agent = new AskingAgent();
        agent.OnCall = _ => agent.Contexts.Count < 3 ? throw new IOException("broken pipe") : Task.CompletedTask;
        await using var host = Start(agent, clock: clock);
        var id = await host.SendAsync("tell", agent: "asking-agent");

        await host.WaitForPauseAsync(id, attempts: 1);
        clock.Advance(TimeSpan.FromSeconds(1));
        await host.WaitForPauseAsync(id, attempts: 2);
        clock.Advance(TimeSpan.FromSeconds(2));
        await host.WaitAsync(id, "succeeded");

        Assert.Equal(
            [new CommandContext(id, began, null), new CommandContext(id, began, began), new CommandContext(id, began, began + TimeSpan.FromSeconds(1))],
            agent.Contexts);
    }

    [Fact]
    public async Task The_beginning_is_on_disk_before_the_method_is_called()
    {
        var agent = new AskingAgent();
        await using var host = Start(agent);
        (int Attempts, bool HasBegun)? seen = null;
        agent.OnCall = async context =>
        {
            var command = await host.CommandAsync(context.Id);
            seen = ((int)command["attempts"]!, command["started_at"] is not null);
        };

        await host.WaitAsync(await host.SendAsync("tell", agent: "asking-agent"), "succeeded");

        Assert.Equal((1, true), seen);
    }

    [Fact]
    public async Task A_retry_by_a_person_does_not_forget_that_it_was_begun_before()
    {
        var agent = new AskingAgent();
        agent.OnCall = _ => agent.Contexts.Count == 1 ? throw new CommandFailedException("no") : Task.CompletedTask;
        await using var host = Start(agent);
        var id = await host.SendAsync("tell", agent: "asking-agent");
        await host.WaitAsync(id, "failed");

        await host.PostAsync($"/api/v1/commands/{id}/retry");
        await host.WaitAsync(id, "succeeded");

        Assert.NotNull(agent.Contexts[1].BegunBefore);
    }

    [Fact]
    public async Task After_a_stop_in_the_middle_the_next_host_knows_that_it_was_begun()
    {
        var held = new AskingAgent { OnCall = _ => new TaskCompletionSource().Task };
        string id;
        await using (var host = Start(held, limit: TimeSpan.FromMilliseconds(300)))
        {
            id = await host.SendAsync("tell", agent: "asking-agent");
            await Eventually.HoldsAsync(() => held.Contexts.Count == 1);
        }

        var next = new AskingAgent();
        await using var again = Start(next);
        await again.WaitAsync(id, "succeeded");

        var context = Assert.Single(next.Contexts);
        Assert.Equal(id, context.Id);
        Assert.NotNull(context.BegunBefore);
    }

    public void Dispose() => _folder.Dispose();

    private AgentHost Start(AskingAgent agent, TestClock? clock = null, TimeSpan? limit = null) => AgentHost.Start(
        [],
        clock: clock,
        settings: AgentHost.DurableIn(_folder),
        replace: services =>
        {
            services.AddSingleton(new AgentInstance(agent, () => new AgentOptions()));
            services.Configure<HostOptions>(host => host.ShutdownTimeout = limit ?? TimeSpan.FromSeconds(30));
        });

    private sealed class AskingAgent : IAgent
    {
        private readonly ConcurrentQueue<CommandContext> _contexts = new();

        public string Name => "asking-agent";

        public IReadOnlyList<AgentCommand> Commands => field ??= [AgentCommand.Create(TellAsync, "tell", CommandTraits.Idempotent)];

        public IReadOnlyList<CommandContext> Contexts => [.. _contexts];

        public Func<CommandContext, Task> OnCall { get; set; } = _ => Task.CompletedTask;

        [Description("Tells what it knows.")]
        private Task TellAsync([Description("Anything.")] string text, CommandContext context)
        {
            _contexts.Enqueue(context);
            return OnCall(context);
        }
    }
}
