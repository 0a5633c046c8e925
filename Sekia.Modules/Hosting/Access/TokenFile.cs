using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Hosting.Access;

/// <summary>
/// The tokens, in a file beside the journal that only this user may read. The command line changes it, whether or not a host runs; a host
/// reads it at each use, so that a token ends the moment it is revoked.
/// </summary>
internal sealed partial class TokenFile(string path)
{
    private const string FileName = "tokens.json";
    private const UnixFileMode UserOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The file that belongs to the journal of these settings.</summary>
    public static TokenFile Of(IConfiguration configuration, string contentRoot)
    {
        var journal = configuration["Journal:Path"] ?? new Journal.JournalOptions().Path;
        return new TokenFile(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(journal, contentRoot)) ?? contentRoot, FileName));
    }

    /// <exception cref="InvalidDataException">The file is there and cannot be read; the message says what to do.</exception>
    public IReadOnlyList<AccessToken> List()
    {
        try
        {
            var tokens = JsonSerializer.Deserialize(File.ReadAllBytes(path), AccessTokenJson.Default.AccessTokenArray) ?? [];
            return tokens.All(token => token is { Name: not null, Sha256: not null }) ? tokens : throw new JsonException("a token without a name or a hash is in it");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The tokens in {path} cannot be read: {fault.Message.TrimEnd('.')}. Restore the file, or remove it and create the tokens anew.", fault);
        }
    }

    /// <summary>The token with this text; <c>null</c> when there is none.</summary>
    /// <inheritdoc cref="List"/>
    public AccessToken? Find(string text)
    {
        var hash = Encoding.ASCII.GetBytes(AccessToken.HashOf(text));
        AccessToken? found = null;
        foreach (var token in List())
        {
            // All of them, and each in the same time, whatever they have in common.
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token.Sha256), hash))
            {
                found = token;
            }
        }

        return found;
    }

    /// <summary>Creates a token and gives its text, which cannot be had again.</summary>
    /// <exception cref="InvalidDataException">The name will not do, or there is one of that name, or the file cannot be read.</exception>
    public string Create(string name, AccessRole role, DateTimeOffset now)
    {
        if (!Name().IsMatch(name))
        {
            throw new InvalidDataException($"'{name}' is no name for a token. Use 1 to 64 letters, digits, '.', '-' and '_', for example --name ci.");
        }

        var text = AccessToken.NewText();
        Change(tokens => tokens.Any(token => token.Name == name)
            ? throw new InvalidDataException($"There is a token '{name}' already. Choose another name, or end that one first: sekia token revoke {name}")
            : [.. tokens, new AccessToken(name, role, AccessToken.HashOf(text), now)]);
        return text;
    }

    /// <summary>Ends a token at once.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or the file cannot be read.</exception>
    public void Revoke(string name) => Change(tokens => tokens.Any(token => token.Name == name)
        ? [.. tokens.Where(token => token.Name != name)]
        : throw new InvalidDataException($"There is no token '{name}'. Those there are: {string.Join(", ", tokens.Select(token => token.Name).DefaultIfEmpty("none"))}."));

    /// <summary>Replaces the file as a whole: a reader sees the old list or the new one.</summary>
    private void Change(Func<IReadOnlyList<AccessToken>, AccessToken[]> change)
    {
        try
        {
            PrivateFolder.Create(Path.GetDirectoryName(path)!);
            using var alone = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var changed = change(List());
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UserOnly;
            }

            using (var file = new FileStream(path + ".new", options))
            {
                JsonSerializer.Serialize(file, changed, AccessTokenJson.Default.AccessTokenArray);
                file.Flush(flushToDisk: true);
            }

            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The tokens in {path} cannot be changed: {fault.Message.TrimEnd('.')}. See that this user may write there and that the disk has room; if another command is changing them, try again.", fault);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Name();
}
