namespace Sekia.Modules.GitHub.Commands;

/// <summary>Descriptions of arguments that most commands have.</summary>
internal static class ArgumentTexts
{
    public const string Owner = "User or organization that owns the repository.";
    public const string Repo = "Name of the repository.";
    public const string Issue = "Number of the issue or pull request.";
    public const string PullRequest = "Number of the pull request.";
    public const string Limit = "How many at most, up to 100.";
}
