using System.Net;
using Sekia.Modules.Hosting.Access;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class GuessBrakeTests
{
    private static readonly IPAddress s_someone = IPAddress.Parse("192.0.2.1");

    private readonly TestClock _clock = new();
    private readonly GuessBrake _brake;

    public GuessBrakeTests() => _brake = new GuessBrake(_clock);

    [Fact]
    public void After_a_few_wrong_ones_an_address_waits_and_then_begins_anew()
    {
        Guess("192.0.2.1", GuessBrake.Allowed - 1);
        Assert.Null(_brake.WaitOf(s_someone));

        Guess("192.0.2.1", 1);
        Assert.Equal(GuessBrake.Pause, _brake.WaitOf(s_someone));

        _clock.Advance(GuessBrake.Pause - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), _brake.WaitOf(s_someone));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Guess("192.0.2.1", 1);
        Assert.Null(_brake.WaitOf(s_someone));
    }

    [Theory]
    [InlineData("192.0.2.2", false)]
    [InlineData("::ffff:192.0.2.1", true)]
    public void Others_do_not_wait(string other, bool isTheSame)
    {
        Guess("192.0.2.1", GuessBrake.Allowed);

        Assert.Equal(isTheSame, _brake.WaitOf(IPAddress.Parse(other)) is not null);
    }

    [Theory]
    [InlineData("2001:db8:0:1::2", true)]
    [InlineData("2001:db8:0:2::1", false)]
    public void The_addresses_of_one_subscriber_count_as_one(string other, bool isTheSame)
    {
        Guess("2001:db8:0:1::1", GuessBrake.Allowed);

        Assert.Equal(isTheSame, _brake.WaitOf(IPAddress.Parse(other)) is not null);
    }

    [Fact]
    public void No_more_than_so_many_addresses_are_remembered_and_the_quiet_ones_forgotten_first()
    {
        for (var i = 0; i < GuessBrake.MaxAddresses + 500; i++)
        {
            Guess($"10.0.{i / 256}.{i % 256}", 1);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            if (i == GuessBrake.MaxAddresses - 1)
            {
                Guess("10.0.0.0", GuessBrake.Allowed);
            }
        }

        Assert.Equal(GuessBrake.MaxAddresses, _brake.Addresses);
        Assert.NotNull(_brake.WaitOf(IPAddress.Parse("10.0.0.0")));
    }

    private void Guess(string address, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _brake.Count(IPAddress.Parse(address));
        }
    }
}
