namespace Sekia.Modules.Cli.Bench;

/// <summary>What every measurement sends: an issue of the usual size.</summary>
internal static class BenchPayload
{
    public static readonly byte[] Issue =
        """{"owner":"acme","repo":"widgets","number":42,"title":"Bug: crash on start","body":"It crashes when I start it with an empty file.","author":"octocat","url":"https://github.example/acme/widgets/issues/42","labels":["bug","triage"]}"""u8.ToArray();

    public static readonly byte[] AddLabel = """{"owner":"acme","repo":"widgets","number":42,"label":"bug"}"""u8.ToArray();
}
