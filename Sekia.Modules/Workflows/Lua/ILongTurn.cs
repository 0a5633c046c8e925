namespace Sekia.Modules.Workflows.Lua;

/// <summary>What a run that takes long does for the others. Called by the hook, in the middle of Lua and on the run's thread: must not throw.</summary>
internal interface ILongTurn
{
    /// <summary>It has had its turn and cannot stop in between: returns when it may take the next.</summary>
    void WaitForNext();

    /// <summary>Asked many times in a turn: returns when the others do not need the machine, or it has waited long enough.</summary>
    /// <returns>Whether it has done its share, and is not to be asked again in this turn.</returns>
    bool StandAside();
}
