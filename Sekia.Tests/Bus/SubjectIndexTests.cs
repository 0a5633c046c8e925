using Sekia.Modules.Bus;

namespace Sekia.Tests.Bus;

public sealed class SubjectIndexTests
{
    private static readonly string[] s_tokens = ["a", "b", "c", "events", "github"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_finds_exactly_the_patterns_that_match_while_they_come_and_go(int seed)
    {
        var random = new Random(seed);
        var index = new SubjectIndex<SubjectPattern>();
        var listening = new List<SubjectPattern>();
        for (var round = 0; round < 4_000; round++)
        {
            if (listening.Count > 0 && random.Next(3) == 0)
            {
                var gone = listening[random.Next(listening.Count)];
                listening.Remove(gone);
                index.Remove(gone, gone);
            }
            else
            {
                var come = SubjectPattern.Parse(RandomPattern(random));
                if (!listening.Contains(come))
                {
                    listening.Add(come);
                    index.Add(come, come);
                }
            }

            var subject = RandomSubject(random);
            var wanted = listening.Where(pattern => pattern.Matches(subject)).Select(pattern => pattern.Text).Order(StringComparer.Ordinal);
            Assert.Equal(wanted, index.Match(subject).Select(pattern => pattern.Text).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void A_listener_with_several_matching_patterns_is_found_once()
    {
        var index = new SubjectIndex<string>();
        foreach (var pattern in (string[])[">", "a.>", "a.*", "a.b", "*.b"])
        {
            index.Add(SubjectPattern.Parse(pattern), "listener");
        }

        Assert.Equal(["listener"], index.Match("a.b"));
    }

    [Fact]
    public void Removing_what_is_not_there_changes_nothing()
    {
        var index = new SubjectIndex<string>();
        index.Add(SubjectPattern.Parse("a.*"), "one");

        index.Remove(SubjectPattern.Parse("a.b"), "one");
        index.Remove(SubjectPattern.Parse("*.*.c"), "one");
        index.Remove(SubjectPattern.Parse("a.*"), "another");

        Assert.Equal(["one"], index.Match("a.b"));
    }

    [Fact]
    public void A_subject_seen_before_is_answered_from_memory_however_many_patterns_there_are()
    {
        var index = new SubjectIndex<SubjectPattern>();
        for (var i = 0; i < 10_000; i++)
        {
            var pattern = SubjectPattern.Parse($"sekia.events.source{i}");
            index.Add(pattern, pattern);
        }

        var answer = index.Match("sekia.events.source77");

        Assert.Single(answer);
        Assert.Same(answer, index.Match("sekia.events.source77"));
    }

    [Fact]
    public void Ever_new_subjects_make_it_forget_old_answers_and_stay_right()
    {
        var index = new SubjectIndex<string>();
        index.Add(SubjectPattern.Parse("a.>"), "listener");
        var first = index.Match("a.first");

        for (var i = 0; i < 70_000; i++)
        {
            Assert.Single(index.Match($"a.{i}"));
        }

        Assert.NotSame(first, index.Match("a.first"));
        Assert.Equal(["listener"], index.Match("a.first"));
    }

    [Fact]
    public async Task Matching_goes_on_undisturbed_while_others_come_and_go()
    {
        var index = new SubjectIndex<string>();
        index.Add(SubjectPattern.Parse("a.*"), "stays");
        var changing = Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                var pattern = SubjectPattern.Parse((i % 3) switch { 0 => "a.>", 1 => $"a.b{worker}", _ => ">" });
                var listener = $"{worker}-{i}";
                index.Add(pattern, listener);
                Assert.Contains(listener, index.Match($"a.b{worker}"));
                index.Remove(pattern, listener);
                Assert.DoesNotContain(listener, index.Match($"a.b{worker}"));
            }
        }));
        var matching = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                Assert.Contains("stays", index.Match($"a.b{i % 7}"));
            }
        }));

        await Task.WhenAll([.. changing, .. matching]);

        Assert.Equal(["stays"], index.Match("a.b0"));
    }

    private static string RandomSubject(Random random) =>
        string.Join('.', Enumerable.Range(0, random.Next(1, 5)).Select(_ => s_tokens[random.Next(s_tokens.Length)]));

    private static string RandomPattern(Random random)
    {
        var tokens = RandomSubject(random).Split('.').Select(token => random.Next(3) == 0 ? "*" : token).ToArray();
        if (random.Next(3) == 0)
        {
            tokens[^1] = ">";
        }

        return string.Join('.', tokens);
    }
}
