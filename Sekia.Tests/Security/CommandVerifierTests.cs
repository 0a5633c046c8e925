using System.Globalization;
using System.Text;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Security;
using Sekia.Tests.Support;

namespace Sekia.Tests.Security;

public sealed class CommandVerifierTests
{
    private const string Agent = "github-agent";
    private const int MemoryCapacity = 100;

    private readonly TestClock _time = new();
    private readonly LiveOptions<SecurityOptions> _sender = new(new SecurityOptions { CommandSecret = "s3cret" });
    private readonly LiveOptions<SecurityOptions> _receiver = new(new SecurityOptions { CommandSecret = "s3cret" });
    private readonly CommandVerifier _verifier;

    public CommandVerifierTests() => _verifier = new CommandVerifier(_receiver, new ReplayMemory(MemoryCapacity), _time);

    [Fact]
    public void A_sealed_command_is_accepted_once()
    {
        var envelope = Send();

        Assert.Equal(new CommandVerdict(CommandTrust.Accepted, ""), _verifier.Verify(Agent, envelope));
        Refused(CommandTrust.Replayed, "was received before", envelope);
        _time.Advance(TimeSpan.FromMinutes(2));
        Refused(CommandTrust.Replayed, envelope.Id, envelope);
    }

    [Fact]
    public void An_expired_command_is_refused_whether_it_came_before_or_not()
    {
        var first = Send("cmd_1");
        var second = Send("cmd_2");
        Assert.True(_verifier.Verify(Agent, first).IsAccepted);

        _time.Advance(TimeSpan.FromSeconds(121));

        Refused(CommandTrust.Expired, "expired at 2026-01-01 00:02:00Z", first);
        Refused(CommandTrust.Expired, "compare the clocks", second);
    }

    [Fact]
    public void The_lifetime_is_the_senders_setting()
    {
        _sender.Current = new SecurityOptions { CommandSecret = "s3cret", SignatureLifetime = TimeSpan.FromHours(1) };
        var envelope = Send();

        _time.Advance(TimeSpan.FromMinutes(59));

        Assert.True(_verifier.Verify(Agent, envelope).IsAccepted);
    }

    [Fact]
    public void A_second_attempt_of_a_command_is_no_replay()
    {
        Assert.True(_verifier.Verify(Agent, Send(attempts: 1)).IsAccepted);
        Assert.True(_verifier.Verify(Agent, Send(attempts: 2)).IsAccepted);
    }

    [Fact]
    public void A_command_for_another_agent_is_refused()
    {
        var verdict = _verifier.Verify("linear-agent", Send());

        Assert.Equal(CommandTrust.WrongSeal, verdict.Trust);
        Assert.Contains("'linear-agent' is wrong: made for another agent", verdict.Reason);
    }

    [Fact]
    public void A_stripped_seal_is_refused_unless_unsealed_commands_are_taken()
    {
        var stripped = Send() with { Seal = "", Id = "", Expires = 0 };
        Refused(CommandTrust.Unsealed, "Security:AcceptUnsealed", stripped);

        _receiver.Current = new SecurityOptions { CommandSecret = "s3cret", AcceptUnsealed = true };

        Assert.True(_verifier.Verify(Agent, stripped).IsAccepted);
    }

    [Fact]
    public void A_seal_counts_even_where_unsealed_commands_are_taken()
    {
        _receiver.Current = new SecurityOptions { CommandSecret = "s3cret", AcceptUnsealed = true };
        var envelope = Send();
        Assert.True(_verifier.Verify(Agent, envelope).IsAccepted);

        Refused(CommandTrust.Replayed, "was received before", envelope);
        Refused(CommandTrust.WrongSeal, "altered on the way", Send() with { Id = "cmd_9.1" });
    }

    [Fact]
    public void Any_altered_part_is_refused()
    {
        var envelope = Send();

        Refused(CommandTrust.WrongSignature, "altered", envelope with { Command = "close_issue" });
        Refused(CommandTrust.WrongSignature, "altered", envelope with { Source = "api" });
        Refused(CommandTrust.WrongSignature, "altered", envelope with { Payload = """{"number":43}"""u8.ToArray() });
        Refused(CommandTrust.WrongSignature, "altered", envelope with { Payload = """{"number":1e999}"""u8.ToArray() });
        Refused(CommandTrust.WrongSignature, "altered", envelope with { Signature = new string('0', 64) });
        Refused(CommandTrust.WrongSeal, "altered", envelope with { Id = "cmd_2.1" });
        Refused(CommandTrust.WrongSeal, "altered", envelope with { Expires = envelope.Expires + 1 });
        Refused(CommandTrust.WrongSeal, "altered", envelope with { Seal = new string('0', 64) });
        Assert.True(_verifier.Verify(Agent, envelope).IsAccepted);
    }

    [Fact]
    public void A_seal_cannot_be_moved_to_another_command()
    {
        var envelope = Send("cmd_1");
        var other = Send("cmd_2", payload: """{"number":7}""");

        Refused(CommandTrust.WrongSeal, "altered", other with { Id = envelope.Id, Expires = envelope.Expires, Seal = envelope.Seal });
    }

    [Theory]
    [InlineData(null, null, CommandTrust.Accepted)]
    [InlineData("s3cret", null, CommandTrust.Accepted)]
    [InlineData(null, "s3cret", CommandTrust.Unsigned)]
    [InlineData("s3cret", "another", CommandTrust.WrongSignature)]
    [InlineData("", "", CommandTrust.Accepted)]
    internal void Secrets_on_either_side_decide_as_in_the_original(string? sender, string? receiver, CommandTrust trust)
    {
        _sender.Current = new SecurityOptions { CommandSecret = sender };
        _receiver.Current = new SecurityOptions { CommandSecret = receiver };
        var envelope = Send();

        Assert.Equal(trust, _verifier.Verify(Agent, envelope).Trust);
        Assert.Equal(string.IsNullOrEmpty(sender), envelope.Signature.Length == 0 && envelope.Seal.Length == 0);
    }

    [Fact]
    public void A_full_memory_refuses_rather_than_forgets_and_recovers_when_deliveries_expire()
    {
        var memory = new ReplayMemory(capacity: 2);

        Assert.Equal(CommandTrust.Accepted, memory.Add("a", "1", expires: 10, now: 0));
        Assert.Equal(CommandTrust.Accepted, memory.Add("b", "1", expires: 20, now: 0));
        Assert.Equal(CommandTrust.MemoryFull, memory.Add("a", "2", expires: 30, now: 10));
        Assert.Equal(CommandTrust.Replayed, memory.Add("a", "1", expires: 10, now: 10));
        Assert.Equal(CommandTrust.Accepted, memory.Add("a", "2", expires: 30, now: 11));
        Assert.Equal(CommandTrust.MemoryFull, memory.Add("a", "3", expires: 30, now: 11));
    }

    [Fact]
    public void A_verifier_with_a_full_memory_says_why()
    {
        for (var i = 0; i < MemoryCapacity; i++)
        {
            Assert.True(_verifier.Verify(Agent, Send(i.ToString(CultureInfo.InvariantCulture))).IsAccepted);
        }

        Refused(CommandTrust.MemoryFull, "100 others are still remembered", Send("one-more"));
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.True(_verifier.Verify(Agent, Send("one-more")).IsAccepted);
    }

    [Fact]
    public async Task Of_many_at_once_with_one_id_one_is_accepted()
    {
        var envelope = Send();

        var verdicts = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => _verifier.Verify(Agent, envelope))));

        Assert.Single(verdicts, verdict => verdict.IsAccepted);
    }

    private void Refused(CommandTrust trust, string reason, CommandEnvelope envelope)
    {
        var verdict = _verifier.Verify(Agent, envelope);
        Assert.Equal(trust, verdict.Trust);
        Assert.False(verdict.IsAccepted);
        Assert.Contains(reason, verdict.Reason);
        Assert.DoesNotContain("s3cret", verdict.Reason);
    }

    /// <summary>What the receiver reads off the wire when the sender sends a command.</summary>
    private CommandEnvelope Send(string id = "cmd_1", int attempts = 1, string payload = """{"number":42}""") =>
        CommandEnvelope.Parse(new CommandSealer(_sender, _time).Seal(new Command
        {
            Agent = Agent,
            Name = "add_label",
            Source = "workflow:triage",
            Payload = Encoding.UTF8.GetBytes(payload),
            Id = id,
            Attempts = attempts,
        }).ToUtf8());
}
