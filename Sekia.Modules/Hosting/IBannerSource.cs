namespace Sekia.Modules.Hosting;

/// <summary>Has something to say at the end of the start: what is on, what is in dry run and why. Registered as a singleton.</summary>
public interface IBannerSource
{
    /// <summary>Lines of at most about 100 characters, without secrets. Asked once, when the host has started.</summary>
    IEnumerable<string> BannerLines();
}
