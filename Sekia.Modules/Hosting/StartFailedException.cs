namespace Sekia.Modules.Hosting;

/// <summary>
/// The host cannot start, for a reason that an operator can do something about. The message says what happened, to what, and
/// what to do; it is written as it is, without a stack, and the process ends with exit code 1. Thrown while services are
/// registered or hosted services start.
/// </summary>
public sealed class StartFailedException(string message) : Exception(message);
