package online.hypermesh.stoq.netty;

import io.netty.handler.codec.quic.BoringSSLKeylog;
import io.netty.handler.codec.quic.QLogConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import javax.net.ssl.SSLEngine;

/** Writes TLS keys and qlog files into a directory, as the insecure switch of the configuration asks. Thread-safe. */
final class SecretsExport implements BoringSSLKeylog {
    private final Path directory;
    private final Path keys;

    SecretsExport(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException("insecureExport must be an existing directory, was " + directory);
        }
        this.directory = directory;
        this.keys = directory.resolve("keys.log");
    }

    @Override
    public void logKey(SSLEngine engine, String key) {
        byte[] line = (key + "\n").getBytes(StandardCharsets.US_ASCII);
        synchronized (this) {
            try {
                Files.write(keys, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write the TLS keys that insecureExport asks for", e);
            }
        }
    }

    /** One file per connection. */
    QLogConfiguration qlog() {
        return new QLogConfiguration(directory.toString(), "stoq", "a STOQ connection");
    }
}
