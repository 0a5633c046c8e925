using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Journal;

[Collection(nameof(Alone))]
public sealed class StatementTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Texts => new()
    {
        "",
        "plain",
        "nul\0inside",
        "\0",
        "žluťoučký 🐎",
        new string('x', 299) + "🐎",
        new string('é', 300),
        string.Concat(Enumerable.Repeat("🐎", 400)),
        new string('x', 400) + "\0" + new string('y', 400),
        new string('x', 1_000_000),
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_is_read_as_it_was_written(string text)
    {
        using var database = Database.OpenForWriting(_folder.File("test.db"));
        database.Execute("CREATE TABLE t (text TEXT NOT NULL)");

        database.Prepare("INSERT INTO t VALUES (?)").Bind(1, text).Run();

        var row = database.Prepare("SELECT text, typeof(text) FROM t WHERE text = ?").Bind(1, text);
        Assert.True(row.Step());
        Assert.Equal(text, row.Text(0));
        Assert.Equal("text", row.Text(1));
    }

    [Fact]
    public void Two_texts_that_differ_behind_a_nul_are_two()
    {
        using var database = Database.OpenForWriting(_folder.File("test.db"));
        database.Execute("CREATE TABLE t (text TEXT PRIMARY KEY)");
        var insert = database.Prepare("INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING");
        var same = new string('x', 400);

        Assert.Equal(1, insert.Bind(1, same + "\0a").Run());
        Assert.Equal(1, insert.Bind(1, same + "\0b").Run());
        Assert.Equal(0, insert.Bind(1, same + "\0b").Run());
    }

    [Fact]
    public void Nothing_is_told_from_an_empty_text()
    {
        using var database = Database.OpenForWriting(_folder.File("test.db"));
        var row = database.Prepare("SELECT ?1, ?2").Bind(1, (string?)null).Bind(2, "");

        Assert.True(row.Step());
        Assert.Null(row.TextOrNull(0));
        Assert.Equal("", row.TextOrNull(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000_000)]
    public void Bytes_are_read_as_they_were_written(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        using var database = Database.OpenForWriting(_folder.File("test.db"));
        database.Execute("CREATE TABLE t (bytes BLOB NOT NULL)");

        database.Prepare("INSERT INTO t VALUES (?)").Bind(1, bytes.AsSpan()).Run();

        var row = database.Prepare("SELECT bytes FROM t");
        Assert.True(row.Step());
        Assert.Equal(bytes, row.Bytes(0));
    }

    [Fact]
    public void A_disposed_statement_leaves_nothing_in_its_connection()
    {
        using var database = Database.OpenForWriting(_folder.File("test.db"));
        database.Prepare("SELECT 1").Dispose();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < 20_000; i++)
        {
            using var statement = database.Prepare("SELECT 1");
            statement.Step();
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 500_000);
    }

    public void Dispose() => _folder.Dispose();
}
