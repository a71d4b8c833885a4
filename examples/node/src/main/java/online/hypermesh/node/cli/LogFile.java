package online.hypermesh.node.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Where a node's log goes: one line per record, three files of at most 10 MB. */
final class LogFile {
    private static final int MAX_FILE_BYTES = 10_000_000;
    private static final int FILES = 3;

    private LogFile() {}

    /** Sends the log of this process to a file from now on. */
    static void use(Path file, System.Logger.Level least) {
        try {
            createDirectory(file.toAbsolutePath().getParent());
            install(new RollingFile(file, MAX_FILE_BYTES, FILES, new OneLine()), levelOf(least));
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED,
                    Retry.NEVER,
                    "log file " + file + " cannot be written: " + e.getMessage() + ". Choose another with --log-file",
                    e);
        }
    }

    /** Drops the log of this process: commands say what matters themselves. */
    static void none() {
        LogManager.getLogManager().reset();
    }

    private static void install(Handler handler, Level level) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        handler.setLevel(level);
        root.addHandler(handler);
        root.setLevel(Level.INFO);
        Logger.getLogger("online.hypermesh").setLevel(level);
    }

    private static void createDirectory(@Nullable Path directory) throws IOException {
        if (directory == null || Files.isDirectory(directory)) {
            return;
        }
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(directory);
        }
    }

    private static Level levelOf(System.Logger.Level least) {
        return switch (least) {
            case ERROR -> Level.SEVERE;
            case WARNING -> Level.WARNING;
            case DEBUG, TRACE, ALL -> Level.FINE;
            default -> Level.INFO;
        };
    }

    private static final class OneLine extends Formatter {
        @Override
        public String format(LogRecord record) {
            String logger = String.valueOf(record.getLoggerName());
            StringBuilder line = new StringBuilder(160)
                    .append(record.getInstant())
                    .append(' ')
                    .append(record.getLevel().getName())
                    .append(' ')
                    .append(logger.substring(logger.lastIndexOf('.') + 1))
                    .append(": ")
                    .append(formatMessage(record))
                    .append('\n');
            if (record.getThrown() != null) {
                StringWriter trace = new StringWriter();
                record.getThrown().printStackTrace(new PrintWriter(trace, true));
                line.append(trace);
            }
            return line.toString();
        }
    }
}
