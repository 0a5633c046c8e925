using Sekia.Modules.Bus;

namespace Sekia.Tests.Bus;

public sealed class SubjectTests
{
    [Theory]
    [InlineData("sekia")]
    [InlineData("sekia.registry")]
    [InlineData("sekia.events.github")]
    [InlineData("sekia.events.my-source_2")]
    [InlineData("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p")]
    [InlineData("Übung.größe")]
    [InlineData("$SYS.#+/:")]
    public void A_well_formed_subject_has_no_fault(string subject) => Assert.Null(Subject.FaultOf(subject));

    [Theory]
    [InlineData("", "must not be empty")]
    [InlineData(".", "empty token")]
    [InlineData(".a", "empty token")]
    [InlineData("a..b", "empty token")]
    [InlineData("a.", "ends with a dot")]
    [InlineData("a b", "space or control")]
    [InlineData("a\tb", "space or control")]
    [InlineData("a\nb", "space or control")]
    [InlineData("a\0b", "space or control")]
    [InlineData("a\u00A0b", "space or control")]
    [InlineData("*", "wildcard '*'")]
    [InlineData("a.*.b", "wildcard '*'")]
    [InlineData("a.>", "wildcard '>'")]
    [InlineData("a.b>", "wildcard '>'")]
    [InlineData("a.😀", "outside the basic plane")]
    public void A_malformed_subject_is_named_with_its_fault(string subject, string fault)
    {
        var found = Subject.FaultOf(subject);

        Assert.Contains(fault, found);
        Assert.DoesNotContain(found!, char.IsControl);
    }

    [Fact]
    public void A_subject_may_have_255_characters_and_not_one_more()
    {
        Assert.Null(Subject.FaultOf(new string('a', 255)));
        Assert.Contains("at most 255", Subject.FaultOf(new string('a', 256)));
    }

    [Theory]
    [InlineData("sekia.registry")]
    [InlineData("sekia.config.reload")]
    [InlineData("sekia.config.reload.github-agent")]
    [InlineData("sekia.commands.github-agent")]
    [InlineData("sekia.heartbeat.github-agent")]
    [InlineData("sekia.events.sekia")]
    [InlineData("sekia..events")]
    public void Nobody_can_put_an_event_on_a_subject_of_the_host(string subject) => Assert.NotNull(Subject.FaultOfEventSubject(subject));

    [Theory]
    [InlineData("sekia.events.github")]
    [InlineData("sekia.events.sentinel")]
    [InlineData("sekia.events.sekia2")]
    [InlineData("team.deploys")]
    [InlineData("sekia.config.reloaded")]
    public void Any_other_subject_takes_events(string subject) => Assert.Null(Subject.FaultOfEventSubject(subject));
}
