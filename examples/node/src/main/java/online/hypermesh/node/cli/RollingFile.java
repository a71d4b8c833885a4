package online.hypermesh.node.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.logging.ErrorManager;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/**
 * Appends log records to a file; when it is full it becomes {@code NAME.1}, that {@code NAME.2}, and so on. Thread-safe.
 */
final class RollingFile extends Handler {
    private final Path file;
    private final long maxBytes;
    private final int files;
    private OutputStream out;
    private long size;

    RollingFile(Path file, long maxBytes, int files, Formatter formatter) throws IOException {
        this.file = file;
        this.maxBytes = maxBytes;
        this.files = files;
        setFormatter(formatter);
        this.out = open(file);
        this.size = Files.size(file);
    }

    private static OutputStream open(Path file) throws IOException {
        return Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Override
    public synchronized void publish(LogRecord record) {
        if (!isLoggable(record)) {
            return;
        }
        try {
            byte[] line = getFormatter().format(record).getBytes(StandardCharsets.UTF_8);
            if (size > 0 && size + line.length > maxBytes) {
                roll();
            }
            out.write(line);
            size += line.length;
        } catch (IOException e) {
            reportError("log file " + file + " cannot be written", e, ErrorManager.WRITE_FAILURE);
        }
    }

    private void roll() throws IOException {
        out.close();
        for (int i = files - 1; i >= 1; i--) {
            Path from = i == 1 ? file : file.resolveSibling(file.getFileName() + "." + (i - 1));
            if (Files.exists(from)) {
                Files.move(
                        from, file.resolveSibling(file.getFileName() + "." + i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        out = open(file);
        size = 0;
    }

    @Override
    public synchronized void flush() {
        // every record is written through
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            reportError("log file " + file + " cannot be closed", e, ErrorManager.CLOSE_FAILURE);
        }
    }
}
