using System.ComponentModel.DataAnnotations;
using Sekia.Modules.GitHub;

namespace Sekia.Tests.GitHub;

public sealed class GitHubOptionsTests
{
    [Theory]
    [InlineData("https://api.github.com/", null)]
    [InlineData("https://github.example/api/v3", null)]
    [InlineData("http://127.0.0.1:8080/", null)]
    [InlineData("http://github.example/api/v3/", "BaseUrl")]
    [InlineData("ftp://127.0.0.1/", "BaseUrl")]
    [InlineData("api.github.com", "BaseUrl")]
    public void The_token_is_sent_nowhere_in_the_clear(string address, string? faulty) =>
        Assert.Equal(faulty, Faults(new GitHubOptions { BaseUrl = new Uri(address, UriKind.RelativeOrAbsolute) }).SingleOrDefault());

    [Theory]
    [InlineData("owner/repo", null)]
    [InlineData("owner/my.repo-1_x", null)]
    [InlineData("owner", "Poll:Repos")]
    [InlineData("owner/repo/more", "Poll:Repos")]
    [InlineData("owner/..", "Poll:Repos")]
    [InlineData("/repo", "Poll:Repos")]
    [InlineData("owner/re po", "Poll:Repos")]
    public void A_repository_is_named_with_its_owner(string repo, string? faulty) =>
        Assert.Equal(faulty, Faults(new GitHubOptions { Poll = new() { Enabled = true, Repos = { repo } } }).SingleOrDefault());

    [Fact]
    public void Polling_needs_repositories() => Assert.Equal(["Poll:Repos"], Faults(new GitHubOptions { Poll = new() { Enabled = true } }));

    private static IEnumerable<string> Faults(GitHubOptions options) => options.Validate(new ValidationContext(options)).SelectMany(fault => fault.MemberNames);
}
