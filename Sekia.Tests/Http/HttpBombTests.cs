using Sekia.Tests.Journal;
using static Sekia.Tests.Http.AnsweredBodies;

namespace Sekia.Tests.Http;

[Collection(nameof(Alone))]
public sealed class HttpBombTests
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_bomb_is_cut_while_it_unpacks(string encoding)
    {
        var bomb = Pack(encoding, new byte[200_000_000]);
        var before = GC.GetTotalAllocatedBytes();

        var answer = await AnswerWithBytesAsync(bomb, "text/plain", limit: 1000, encoding: encoding);

        Assert.True(answer.GetProperty("truncated").GetBoolean());
        Assert.Equal(1000, answer.GetProperty("body").GetString()!.Length);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 100_000_000);
    }
}
