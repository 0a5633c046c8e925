namespace Sekia.Modules.Hosting.Settings;

/// <summary>An environment variable under which the original's users know a setting.</summary>
internal sealed record EnvironmentName(string Name, string Key, string Meaning, bool Secret = false);

/// <summary>
/// The one table of environment names. Each setting can also be given as <c>Section__Key</c>, which wins. An empty variable counts
/// as not set.
/// </summary>
internal static class EnvironmentNames
{
    public static IReadOnlyList<EnvironmentName> All { get; } =
    [
        new("SEKIA_WEB_LISTEN", "Host:Listen", "address of the API and the dashboard"),
        new("SEKIA_SERVER_SOCKET", "Host:Socket", "Unix socket of the API"),
        new("SEKIA_WEB_USERNAME", "Dashboard:Username", "login of the API and the dashboard"),
        new("SEKIA_WEB_PASSWORD", "Dashboard:Password", "its password", Secret: true),
        new("SEKIA_WEBHOOK_LISTEN", "Webhooks:Listen", "second address, for webhooks only"),
        new("SEKIA_COMMAND_SECRET", "Security:CommandSecret", "key that signs commands", Secret: true),
        new("SEKIA_WORKFLOWS_DIR", "Workflows:Directory", "folder of the workflows"),
        new("SEKIA_WORKFLOWS_HOT_RELOAD", "Workflows:HotReload", "reload a workflow when its file changes"),
        new("SEKIA_WORKFLOWS_HANDLER_TIMEOUT", "Workflows:HandlerTimeout", "how long one run may take"),
        new("SEKIA_WORKFLOWS_VERIFY_INTEGRITY", "Workflows:VerifyIntegrity", "load only files that match the manifest"),
        new("SEKIA_AI_PROVIDER", "Ai:Provider", "which service answers"),
        new("SEKIA_AI_API_KEY", "Ai:ApiKey", "its key", Secret: true),
        new("SEKIA_AI_MODEL", "Ai:Model", "model"),
        new("SEKIA_AI_MAX_TOKENS", "Ai:MaxTokens", "longest answer, in tokens"),
        new("SEKIA_AI_TEMPERATURE", "Ai:Temperature", "0 to 1"),
        new("SEKIA_AI_SYSTEM_PROMPT", "Ai:SystemPrompt", "what the model is told first"),
        new("GITHUB_TOKEN", "GitHub:Token", "GitHub access token", Secret: true),
        new("GITHUB_WEBHOOK_SECRET", "GitHub:WebhookSecret", "secret of the GitHub webhook", Secret: true),
        new("SEKIA_POLL_ENABLED", "GitHub:Poll:Enabled", "read GitHub repositories in turns"),
        new("SEKIA_POLL_INTERVAL", "GitHub:Poll:Interval", "the pause between two ticks"),
        new("SEKIA_POLL_REPOS", "GitHub:Poll:Repos", "which repositories, owner/repo, with commas"),
        new("SEKIA_POLL_PER_TICK", "GitHub:Poll:PerTick", "about how many events a tick"),
        new("SEKIA_POLL_LABELS", "GitHub:Poll:Labels", "only issues with one of these labels"),
        new("SEKIA_POLL_STATE", "GitHub:Poll:State", "open, closed or all of them"),
        new("SLACK_BOT_TOKEN", "Slack:BotToken", "Slack bot token, xoxb-…", Secret: true),
        new("SLACK_APP_TOKEN", "Slack:AppToken", "Slack app token for socket mode, xapp-…", Secret: true),
        new("LINEAR_API_KEY", "Linear:ApiKey", "Linear API key", Secret: true),
        new("GOOGLE_CLIENT_ID", "Google:ClientId", "OAuth client"),
        new("GOOGLE_CLIENT_SECRET", "Google:ClientSecret", "its secret", Secret: true),
        new("GOOGLE_TOKEN_PATH", "Google:TokenPath", "where the OAuth token is kept"),
        new("SEKIA_NATS_URL", "Nats:Url", "NATS server to bridge to"),
        new("SEKIA_NATS_TOKEN", "Nats:Token", "its token", Secret: true),
    ];

    /// <summary>"or set GITHUB_TOKEN", to end a sentence about a missing setting; empty when the setting has no such name.</summary>
    public static string Alternative(string key) =>
        All.FirstOrDefault(row => row.Key.Equals(key, StringComparison.OrdinalIgnoreCase)) is { } row
            ? $", or set the environment variable {row.Name}"
            : "";
}
