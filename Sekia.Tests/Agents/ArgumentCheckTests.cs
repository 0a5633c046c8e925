using System.Text;
using Sekia.Modules.Agents;
using static Sekia.Tests.Agents.SampleCommands;

namespace Sekia.Tests.Agents;

public sealed class ArgumentCheckTests
{
    private static readonly CommandContext s_context = new("cmd_1", DateTimeOffset.UnixEpoch, null);

    private const string Label = """ "owner":"acme","number":42,"label":"bug" """;

    [Theory]
    [InlineData("{" + Label + "}", "\"acme#42 bug - False\"")]
    [InlineData("{" + Label + ",\"silent\":true}", "\"acme#42 bug - True\"")]
    [InlineData("{" + Label + ",\"colour\":null}", "\"acme#42 bug - False\"")]
    [InlineData("""{"owner":"acme","number":42.0,"label":"bug"}""", "\"acme#42 bug - False\"")]
    [InlineData("""{"owner":"acme","number":4.2e1,"label":"bug"}""", "\"acme#42 bug - False\"")]
    [InlineData("""{"owner":"acme","number":4200E-2,"label":"bug"}""", "\"acme#42 bug - False\"")]
    [InlineData("""{"owner":"acme","number":-0.0,"label":"bug"}""", "\"acme#0 bug - False\"")]
    [InlineData("""{"owner":"acme","number":"x","label":"bug","number":42}""", "\"acme#42 bug - False\"")]
    [InlineData("""{"own\u0065r":"acme","number":42,"label":""}""", "\"acme#42  - False\"")]
    public async Task Arguments_that_fit_reach_the_method(string payload, string answer) =>
        Assert.Equal(answer, await CarryOutAsync(AddLabel, payload));

    [Theory]
    [InlineData("null", "argument 'owner' of 'add_label' is missing; it must be a string")]
    [InlineData("{}", "argument 'number' of 'add_label' is missing; it must be an integer")]
    [InlineData("{" + Label + ",\"lable\":1}", "'add_label' has no argument 'lable' (did you mean 'label'? it takes owner, number, label, colour, silent)")]
    [InlineData("{" + Label + ",\"Owner\":1}", "has no argument 'Owner' (did you mean 'owner'?")]
    [InlineData("{" + Label + ",\"zzz\":1}", "'add_label' has no argument 'zzz' (it takes owner")]
    [InlineData("""{"owner":"acme","number":"42","label":"bug"}""", "argument 'number' of 'add_label' must be an integer, not a string")]
    [InlineData("""{"owner":"acme","number":42.5,"label":"bug"}""", "argument 'number' of 'add_label' must be an integer, not a number with a fraction")]
    [InlineData("""{"owner":"acme","number":1e-30,"label":"bug"}""", "must be an integer, not a number with a fraction")]
    [InlineData("""{"owner":"acme","number":9007199254740993.5,"label":"bug"}""", "must be an integer, not a number with a fraction")]
    [InlineData("""{"owner":"acme","number":true,"label":"bug"}""", "argument 'number' of 'add_label' must be an integer, not true or false")]
    [InlineData("""{"owner":"acme","number":null,"label":"bug"}""", "argument 'number' of 'add_label' must be an integer, not null")]
    [InlineData("""{"owner":"acme","number":2147483648,"label":"bug"}""", "argument 'number' of 'add_label' must be an integer from -2147483648 to 2147483647, not 2147483648")]
    [InlineData("""{"owner":"acme","number":-1e300,"label":"bug"}""", "must be an integer from -2147483648 to 2147483647, not -1e300")]
    [InlineData("""{"owner":"acme","number":1e999,"label":"bug"}""", "argument 'number' of 'add_label' must be an integer")]
    [InlineData("""{"owner":7,"number":42,"label":"bug"}""", "argument 'owner' of 'add_label' must be a string, not a number")]
    [InlineData("""{"owner":["a"],"number":42,"label":"bug"}""", "argument 'owner' of 'add_label' must be a string, not an array")]
    [InlineData("{" + Label + ",\"colour\":{}}", "argument 'colour' of 'add_label' must be a string or null, not an object")]
    [InlineData("{" + Label + ",\"silent\":\"yes\"}", "argument 'silent' of 'add_label' must be true or false, not a string")]
    [InlineData("{" + Label + ",\"silent\":null}", "argument 'silent' of 'add_label' must be true or false, not null")]
    [InlineData("[]", "the payload of 'add_label' is refused: it must be a JSON object or null, not an array")]
    [InlineData("{", "the payload of 'add_label' is refused: it is not valid JSON")]
    [InlineData("", "the payload of 'add_label' is refused: it is empty")]
    [InlineData("{" + Label + ",\"\\ud83d\":1}", "'add_label' has no argument '\uFFFD'")]
    public void Arguments_that_do_not_fit_are_named(string payload, string fault) => Refused(AddLabel, payload, fault);

    [Theory]
    [InlineData("""{"fields":[]}""", """{"fields":[],"tint":"Red"}""")]
    [InlineData("""{"fields":[{"text":"a","weight":2.0}],"tint":"Green"}""", """{"fields":[{"text":"a","weight":2}],"tint":"Green"}""")]
    [InlineData("""{"fields":[{"text":"a","next":{"text":"b","tint":"Red"}}]}""", """{"fields":[{"text":"a","weight":1,"next":{"text":"b","weight":1,"tint":"Red"}}],"tint":"Red"}""")]
    [InlineData("""{"fields":[],"headers":{"a":"b"},"counts":{"c":3e0}}""", """{"fields":[],"tint":"Red","headers":{"a":"b"},"counts":{"c":3}}""")]
    [InlineData("""{"fields":[],"counts":{"c":1,"c":3}}""", """{"fields":[],"tint":"Red","counts":{"c":3}}""")]
    public async Task Nested_arguments_that_fit_reach_the_method(string payload, string answer) =>
        Assert.Equal(answer, await CarryOutAsync(Fill, payload));

    [Theory]
    [InlineData("""{"fields":{}}""", "argument 'fields' of 'fill' must be an array, not an object")]
    [InlineData("""{"fields":[{"text":"a"},{"text":"b"},{"text":3}]}""", "argument 'fields[2].text' of 'fill' must be a string, not a number")]
    [InlineData("""{"fields":[{}]}""", "argument 'fields[0].text' of 'fill' is missing; it must be a string")]
    [InlineData("""{"fields":[{"text":"a","txet":1}]}""", "argument 'fields[0]' of 'fill' has no field 'txet' (did you mean 'text'? it takes text, weight, tint, next)")]
    [InlineData("""{"fields":[{"text":"a","weight":99999999999}]}""", "argument 'fields[0].weight' of 'fill' must be an integer from -2147483648 to 2147483647, not 99999999999")]
    [InlineData("""{"fields":[{"text":"a","next":{"text":"b","next":{"text":1}}}]}""", "argument 'fields[0].next.next.text' of 'fill' must be a string, not a number")]
    [InlineData("""{"fields":[],"tint":"Blue"}""", "argument 'tint' of 'fill' must be one of \"Red\", \"Green\", not \"Blue\"")]
    [InlineData("""{"fields":[],"tint":1}""", "argument 'tint' of 'fill' must be one of \"Red\", \"Green\", not a number")]
    [InlineData("""{"fields":[{"text":"a","tint":"Blue"}]}""", "argument 'fields[0].tint' of 'fill' must be one of \"Red\", \"Green\", null, not \"Blue\"")]
    [InlineData("""{"fields":[],"headers":{"a":1}}""", "argument 'headers.a' of 'fill' must be a string or null, not a number")]
    [InlineData("""{"fields":[],"counts":{"a":32768}}""", "argument 'counts.a' of 'fill' must be an integer from -32768 to 32767, not 32768")]
    public void Nested_arguments_that_do_not_fit_are_named_by_path(string payload, string fault) => Refused(Fill, payload, fault);

    [Theory]
    [InlineData("""{"small":255.0}""", "\"small\":255")]
    [InlineData("""{"large":9223372036854775807}""", "\"large\":9223372036854775807")]
    [InlineData("""{"large":-9.223372036854775808e18}""", "\"large\":-9223372036854775808")]
    [InlineData("""{"huge":18446744073709551615}""", "\"huge\":18446744073709551615")]
    [InlineData("""{"real":1}""", "\"real\":1")]
    [InlineData("""{"real":1.5e300}""", "\"real\":1.5E+300")]
    [InlineData("""{"money":12.34}""", "\"money\":12.34")]
    [InlineData("""{"percent":1e2}""", "\"percent\":100")]
    [InlineData("""{"ids":[1,2.0,3e0]}""", "\"ids\":[1,2,3]")]
    public async Task Numbers_are_taken_in_every_spelling(string payload, string answer) =>
        Assert.Contains(answer, await CarryOutAsync(Measure, payload));

    [Theory]
    [InlineData("""{"small":256}""", "argument 'small' of 'measure' must be an integer from 0 to 255, not 256")]
    [InlineData("""{"large":9223372036854775808}""", "argument 'large' of 'measure' must be an integer from")]
    [InlineData("""{"huge":-1}""", "argument 'huge' of 'measure' must be an integer from 0 to 18446744073709551615, not -1")]
    [InlineData("""{"percent":101}""", "argument 'percent' of 'measure' must be from 1 to 100, not 101")]
    [InlineData("""{"real":"1"}""", "argument 'real' of 'measure' must be a number or null, not a string")]
    [InlineData("""{"money":1e300}""", "argument 'money' of 'measure' cannot be read as")]
    [InlineData("""{"ids":[1,"2"]}""", "argument 'ids[1]' of 'measure' must be an integer, not a string")]
    public void Numbers_out_of_range_are_named(string payload, string fault) => Refused(Measure, payload, fault);

    [Theory]
    [InlineData("""{"any":[1,"x",null],"node":{"a":1.0}}""", "\"any\":[1,\"x\",null],\"node\":{\"a\":1.0}")]
    [InlineData("""{"any":"\ud83d"}""", "\"any\":\"\uFFFD\"")]
    [InlineData("""{"map":{"a":{"b":1}}}""", "\"map\":{\"a\":{\"b\":1}}")]
    [InlineData("""{"day":"2026-03-01","pause":"00:01:00"}""", "\"day\":\"2026-03-01\"")]
    [InlineData("""{"address":"https://example.org/a"}""", "https://example.org/a")]
    [InlineData("""{"blob":"aGk="}""", "\"blob\":\"aGk=\"")]
    public async Task Free_and_formatted_values_reach_the_method(string payload, string answer) =>
        Assert.Contains(answer, await CarryOutAsync(Open, payload));

    [Theory]
    [InlineData("""{"map":[]}""", "argument 'map' of 'open' must be an object or null, not an array")]
    [InlineData("""{"at":"yesterday"}""", "argument 'at' of 'open' must be a date and time such as")]
    [InlineData("""{"day":"2026-02-30"}""", "argument 'day' of 'open' must be a date such as")]
    [InlineData("""{"id":"7"}""", "argument 'id' of 'open' must be a UUID such as")]
    [InlineData("""{"address":"not an address"}""", "argument 'address' of 'open' must be an address such as")]
    [InlineData("""{"pause":"a while"}""", "argument 'pause' of 'open' must match the pattern")]
    [InlineData("""{"pause":"00:99:00"}""", "argument 'pause' of 'open' cannot be read as")]
    [InlineData("""{"code":"a"}""", "argument 'code' of 'open' must have 2 to 4 characters, not 1")]
    [InlineData("""{"blob":"?"}""", "argument 'blob' of 'open' cannot be read as")]
    public void Formatted_values_that_do_not_fit_are_named(string payload, string fault) => Refused(Open, payload, fault);

    [Fact]
    public void Every_fault_is_listed_once()
    {
        var refusal = Assert.Throws<InvalidCommandException>(() => Read(AddLabel, """{"owner":1,"labl":"x","silent":0}"""));

        Assert.Equal(
            [
                "argument 'owner' of 'add_label' must be a string, not a number",
                "argument 'number' of 'add_label' is missing; it must be an integer",
                "argument 'label' of 'add_label' is missing; it must be a string",
                "argument 'silent' of 'add_label' must be true or false, not a number",
                "'add_label' has no argument 'labl' (did you mean 'label'? it takes owner, number, label, colour, silent)",
            ],
            refusal.Faults);
        Assert.Equal(string.Join("; ", refusal.Faults), refusal.Message);
    }

    [Fact]
    public void A_flood_of_faults_is_cut()
    {
        var payload = "{" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"{new string('x', 100)}{i}\":1")) + "}";

        var refusal = Assert.Throws<InvalidCommandException>(() => Read(Ping, payload));

        Assert.Equal(21, refusal.Faults.Count);
        Assert.True(refusal.Message.Length < 4_000);
    }

    [Fact]
    public async Task A_command_without_parameters_takes_an_empty_payload_only()
    {
        Assert.Equal("null", await CarryOutAsync(Ping, "null"));
        Assert.Equal("null", await CarryOutAsync(Ping, "{}"));
        Refused(Ping, """{"a":1}""", "'ping' has no argument 'a' (it takes none)");
    }

    [Fact]
    public async Task What_the_method_throws_comes_out_as_it_is()
    {
        Assert.Equal("the service said no", (await Assert.ThrowsAsync<CommandFailedException>(() => CarryOutAsync(Break, "{}"))).Message);
        Assert.Equal("the service said no", (await Assert.ThrowsAsync<CommandFailedException>(() => CarryOutAsync(BreakAtOnce, "{}"))).Message);
    }

    [Fact]
    public async Task A_cancelled_call_is_told_to_the_method()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Break.InvokeAsync(Read(Break, "{}"), s_context, cancelled.Token));
    }

    private static Microsoft.Extensions.AI.AIFunctionArguments Read(AgentCommand command, string payload) =>
        ArgumentCheck.Read(command, Encoding.UTF8.GetBytes(payload));

    private static async Task<string> CarryOutAsync(AgentCommand command, string payload) =>
        Encoding.UTF8.GetString((await command.InvokeAsync(Read(command, payload), s_context, CancellationToken.None)).Span);

    private static void Refused(AgentCommand command, string payload, string fault) =>
        Assert.Contains(fault, Assert.Throws<InvalidCommandException>(() => Read(command, payload)).Message);
}
