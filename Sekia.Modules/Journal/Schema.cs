namespace Sekia.Modules.Journal;

/// <summary>The tables, and the way from any older version of them to this one.</summary>
internal static class Schema
{
    /// <summary>
    /// Step n leads from version n to n + 1. A step that has been released never changes; a new need is a new step.
    /// There are no more indexes than a question on the way of an event needs: each costs every insert.
    /// Numbers are given out by the writer, in order and without gaps, so a run names its commands and events by first and count.
    /// </summary>
    private static readonly string[] s_steps =
    [
        """
        CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE tallies (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            accepted_at INTEGER NOT NULL,
            timestamp INTEGER NOT NULL,
            subject TEXT NOT NULL,
            type TEXT NOT NULL,
            source TEXT NOT NULL,
            key TEXT,
            depth INTEGER NOT NULL,
            cause_event INTEGER,
            cause_run INTEGER,
            cause_command INTEGER,
            payload BLOB NOT NULL);

        CREATE TABLE keys (
            kind INTEGER NOT NULL,
            source TEXT NOT NULL,
            key TEXT NOT NULL,
            seq INTEGER NOT NULL,
            PRIMARY KEY (kind, source, key)) WITHOUT ROWID;

        CREATE TABLE consumers (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            patterns TEXT NOT NULL,
            position INTEGER NOT NULL,
            ok INTEGER NOT NULL DEFAULT 0,
            failed INTEGER NOT NULL DEFAULT 0,
            openings INTEGER NOT NULL DEFAULT 1,
            seen INTEGER NOT NULL DEFAULT 0);

        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            consumer INTEGER NOT NULL,
            event INTEGER NOT NULL,
            outcome INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            duration_us INTEGER NOT NULL,
            version TEXT,
            first_command INTEGER,
            commands INTEGER NOT NULL,
            first_event INTEGER,
            events INTEGER NOT NULL,
            reason TEXT,
            log TEXT,
            dismissed_at INTEGER);
        CREATE INDEX runs_of_event ON runs (event);
        CREATE INDEX runs_dead ON runs (consumer) WHERE outcome = 1 AND dismissed_at IS NULL;

        CREATE TABLE commands (
            seq INTEGER PRIMARY KEY,
            status INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            next_attempt_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            dismissed_at INTEGER,
            depth INTEGER NOT NULL,
            cause_event INTEGER,
            cause_run INTEGER,
            cause_command INTEGER,
            agent TEXT NOT NULL,
            name TEXT NOT NULL,
            source TEXT NOT NULL,
            key TEXT,
            reason TEXT,
            payload BLOB NOT NULL,
            result BLOB);
        CREATE INDEX commands_open ON commands (agent, seq) WHERE status < 2;
        CREATE INDEX commands_dead ON commands (status, seq) WHERE status IN (3, 5) AND dismissed_at IS NULL;

        CREATE TABLE cursors (agent TEXT PRIMARY KEY, cursor TEXT NOT NULL, updated_at INTEGER NOT NULL) WITHOUT ROWID;
        """,

        // Workflows: which handler ran and where it failed, and what a consumer keeps between its runs.
        """
        ALTER TABLE runs ADD COLUMN handler INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE runs ADD COLUMN traceback TEXT;
        CREATE TABLE state (
            consumer INTEGER NOT NULL,
            key TEXT NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY (consumer, key)) WITHOUT ROWID;
        """,

        // Where a consumer began: what was before it was never meant for it.
        """
        ALTER TABLE consumers ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
        """,

        // What kinds of events a block of them holds. Empty at first also for a file that has events: EventBlocks fills it while the host runs.
        """
        CREATE TABLE event_blocks (block INTEGER PRIMARY KEY, kinds BLOB NOT NULL);
        """,
    ];

    public static int Version => s_steps.Length;

    /// <summary>Brings the file to the current version, one transaction per step.</summary>
    /// <exception cref="JournalUnavailableException">The file was written by a newer Sekia.</exception>
    public static void Migrate(Database database)
    {
        var version = database.QueryNumber("PRAGMA user_version");
        if (version > Version)
        {
            throw new JournalUnavailableException(
                $"The journal has schema version {version}; this Sekia knows versions up to {Version}. Start the newer Sekia that wrote it, or set Journal:Path to another file.");
        }

        for (; version < Version; version++)
        {
            database.Execute($"BEGIN IMMEDIATE; {s_steps[version]} PRAGMA user_version = {version + 1}; COMMIT");
        }
    }
}
