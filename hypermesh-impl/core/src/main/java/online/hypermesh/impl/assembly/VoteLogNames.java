package online.hypermesh.impl.assembly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Where a validator remembers the name of its vote log, apart from the log itself, so that a log that was lost or replaced by
 * an older copy together with its directory is noticed and the node does not sign again what it signed before. Thread-safe.
 */
public interface VoteLogNames {
    /**
     * The name stored last.
     *
     * @return empty for a key that never voted
     */
    Optional<byte[]> last();

    /**
     * Stores a name, durably before this returns.
     *
     * @param name 16 bytes
     * @throws HypermeshException STORAGE_FAILED
     */
    void store(byte[] name);

    /**
     * In a file, which belongs beside the voting key and not into the data directory.
     *
     * @param file its folder exists
     * @return the place
     */
    static VoteLogNames in(Path file) {
        return new VoteLogNames() {
            @Override
            public Optional<byte[]> last() {
                try {
                    return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
                } catch (IOException e) {
                    throw failed("read", e);
                }
            }

            @Override
            public void store(byte[] name) {
                try {
                    DataDirectory.writeDurably(file, name);
                } catch (IOException e) {
                    throw failed("written", e);
                }
            }

            private HypermeshException failed(String what, IOException e) {
                return new HypermeshException(
                        Code.STORAGE_FAILED,
                        Retry.NEVER,
                        "the vote log's name in " + file + " cannot be " + what + ": " + e,
                        e);
            }
        };
    }

    /**
     * In memory, for voting keys that do not outlive the process.
     *
     * @return the place, empty
     */
    static VoteLogNames inMemory() {
        return new VoteLogNames() {
            private byte[] held = new byte[0];

            @Override
            public synchronized Optional<byte[]> last() {
                return held.length == 0 ? Optional.empty() : Optional.of(held.clone());
            }

            @Override
            public synchronized void store(byte[] name) {
                held = name.clone();
            }
        };
    }
}
