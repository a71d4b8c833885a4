package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.storage.DirectoryLock;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * Who uses a repository. Every writer has a directory of its own, named after when it began, that it keeps locked, so others
 * see which writers live and since when; a dead one's lock is gone with its process. One process at a time can have the
 * repository for itself alone, and one at a time the right to rewrite the index. Thread-safe.
 */
final class Sessions {
    private static final String EXCLUSIVE = "exclusive";
    private static final String MAINTENANCE = "maintenance";
    private static final String WRITER = "[0-9]{13}-[0-9a-f]{32}";
    private static final int MILLIS_DIGITS = 13;
    private static final int TRIES = 20;
    private static final long PAUSE_NANOS = 5_000_000;

    private final RepositoryFiles files;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    Sessions(RepositoryFiles files, Clock clock) {
        this.files = files;
        this.clock = clock;
    }

    /** Begins writing, among other writers. */
    Held writer() {
        for (int attempt = 1; ; attempt++) {
            Path directory = files.locks()
                    .resolve(String.format("%013d-%s", Math.max(0, clock.millis()), Bytes.randomName(random)));
            Held held;
            try {
                Files.createDirectory(directory);
                held = new Held(DirectoryLock.acquire(directory, "a user of the repository"), directory);
            } catch (HypermeshException e) {
                if (attempt == TRIES) {
                    throw e;
                }
                continue; // somebody tidied up between the two steps
            } catch (IOException e) {
                throw Failures.disk("begin writing in", directory, e);
            }
            Optional<String> owner = activeOwner(files.locks().resolve(EXCLUSIVE));
            if (owner.isEmpty()) {
                return held;
            }
            held.close();
            if (attempt == TRIES) {
                throw locked(owner.get() + " has it for itself alone");
            }
            pause();
        }
    }

    /**
     * Begins reading: what the snapshots of this moment need stays until the reader has ended. Where this process may not
     * write there is nothing to hold.
     */
    Optional<Held> reader() {
        return Files.isWritable(files.locks()) ? Optional.of(writer()) : Optional.empty();
    }

    /** Takes the repository for itself alone. */
    Held exclusive() {
        Held held = null;
        for (int attempt = 1; held == null; attempt++) {
            held = standing(EXCLUSIVE, "sole user").orElse(null);
            if (held == null && attempt == TRIES) {
                throw locked(
                        activeOwner(files.locks().resolve(EXCLUSIVE)).orElse("another process") + " has it for itself");
            }
            if (held == null) {
                pause();
            }
        }
        List<Path> writers = activeWriters();
        if (!writers.isEmpty()) {
            String who = activeOwner(writers.get(0)).orElse("a writer that has just ended");
            held.close();
            throw locked(writers.size() + " writing, among them " + who);
        }
        return held;
    }

    /** Others who look whether a lock is held hold it for a moment. */
    private static void pause() {
        LockSupport.parkNanos(PAUSE_NANOS);
    }

    /** The right to rewrite the index; empty while another process has it. */
    Optional<Held> maintenance() {
        return standing(MAINTENANCE, "maintenance");
    }

    private Optional<Held> standing(String name, String what) {
        Path directory = files.locks().resolve(name);
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(directory);
            }
            return Optional.of(new Held(DirectoryLock.acquire(directory, what), null));
        } catch (HypermeshException e) {
            if (e.code() == Code.LOCKED) {
                return Optional.empty();
            }
            throw e;
        } catch (IOException e) {
            throw Failures.disk("lock", directory, e);
        }
    }

    /** When the oldest writer that lives began; empty without writers. */
    OptionalLong oldestWriter() {
        return activeWriters().stream()
                .mapToLong(w -> Long.parseLong(w.getFileName().toString().substring(0, MILLIS_DIGITS)))
                .min();
    }

    private List<Path> activeWriters() {
        List<Path> active = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(files.locks())) {
            for (Path entry : entries) {
                if (entry.getFileName().toString().matches(WRITER)) {
                    if (activeOwner(entry).isPresent()) {
                        active.add(entry);
                    } else {
                        remove(entry);
                    }
                }
            }
        } catch (IOException e) {
            throw Failures.disk("list", files.locks(), e);
        }
        return active;
    }

    /** Who holds a lock, if anybody does. */
    private static Optional<String> activeOwner(Path directory) {
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (DirectoryLock ours = DirectoryLock.acquire(directory, "looking whether anybody is there")) {
            return Optional.empty();
        } catch (HypermeshException e) {
            if (e.code() == Code.LOCKED) {
                return Optional.of(e.getMessage());
            }
            if (!Files.isDirectory(directory)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static void remove(Path directory) {
        try {
            Files.deleteIfExists(directory.resolve("LOCK"));
            Files.deleteIfExists(directory);
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            return; // somebody else is at it
        } catch (IOException e) {
            throw Failures.disk("remove the lock of a dead writer,", directory, e);
        }
    }

    private HypermeshException locked(String who) {
        return new HypermeshException(
                Code.LOCKED, Retry.SAME_CALL, "repository " + files + " is in use: " + who + ". Wait, or stop it");
    }

    /** A lock that is held. */
    static final class Held implements AutoCloseable {
        private final DirectoryLock lock;
        private final @Nullable Path directory;

        Held(DirectoryLock lock, @Nullable Path directory) {
            this.lock = lock;
            this.directory = directory;
        }

        @Override
        public void close() {
            lock.close();
            if (directory != null) {
                remove(directory);
            }
        }
    }
}
