namespace Sekia.Modules.Bus;

/// <summary>An event is malformed. The message names the fault and is fit for whoever sent it.</summary>
public class InvalidEventException(string message) : Exception(message);

/// <summary>An event is larger than the host takes.</summary>
public sealed class EventTooLargeException(string message) : InvalidEventException(message);
