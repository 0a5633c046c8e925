using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Display;

namespace Sekia.Modules.Hosting.Logs;

/// <summary>The host's log: readable lines on standard output, and a file that rolls over by day and by size.</summary>
internal static class LoggingBuilderExtensions
{
    private const string ConsoleTemplate = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";
    private const string FileTemplate = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}";

    /// <exception cref="StartFailedException">The log's folder cannot be written.</exception>
    public static void AddSekiaLog(this ILoggingBuilder logging, LogOptions options, SecretMask mask, string contentRoot)
    {
        // Which levels are written is decided before, by Logging:LogLevel. A failure to start that has its sentence needs no stack, and a start that
        // was told to stop has not failed.
        var log = new LoggerConfiguration().MinimumLevel.Verbose()
            .Filter.ByExcluding(entry => IsFailedStart(entry) && (entry.Exception is OperationCanceledException || StartFailure.Explain(entry.Exception) is not null));
        if (options.Console)
        {
            log.WriteTo.Console(Lines(ConsoleTemplate, mask));
        }

        if (options.Path.Length > 0)
        {
            var path = Path.GetFullPath(options.Path, contentRoot);
            RequireWritable(path);
            log.WriteTo.File(
                Lines(FileTemplate, mask),
                path,
                rollingInterval: RollingInterval.Day,
                rollOnFileSizeLimit: true,
                fileSizeLimitBytes: options.MaxFileBytes,
                retainedFileCountLimit: options.KeepFiles);
        }

        // AddSerilog would let everything pass, whatever Logging:LogLevel says.
        logging.Services.AddSingleton<ILoggerProvider>(_ => new SerilogLoggerProvider(log.CreateLogger(), dispose: true));
    }

    private static MaskingFormatter Lines(string template, SecretMask mask) =>
        new(new MessageTemplateTextFormatter(template, CultureInfo.InvariantCulture), mask);

    /// <summary>The generic host's word for it, and not for a service that ends the host later.</summary>
    private static bool IsFailedStart(LogEvent entry) =>
        entry.MessageTemplate.Text == "Hosting failed to start"
        && entry.Properties.TryGetValue(Constants.SourceContextPropertyName, out var source)
        && source is ScalarValue { Value: "Microsoft.Extensions.Hosting.Internal.Host" };

    /// <summary>The file sink itself would say nothing and write nothing.</summary>
    private static void RequireWritable(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        try
        {
            PrivateFolder.Create(folder);
            using var probe = new FileStream(
                Path.Combine(folder, $".{Guid.CreateVersion7():n}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StartFailedException(
                $"Sekia cannot write its log into {folder}: {fault.Message} Make the folder writable, or name another file in Logs:Path (empty for none).");
        }
    }
}
