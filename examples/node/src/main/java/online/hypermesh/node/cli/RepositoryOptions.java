package online.hypermesh.node.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.repository.Repository;
import online.hypermesh.impl.content.repository.RepositoryKey;
import online.hypermesh.node.keys.PassphraseSource;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which local repository, and what opens it. */
final class RepositoryOptions {
    static final String VARIABLE = "HYPERMESH_REPOSITORY";

    @Option(
            names = "--repo",
            paramLabel = "DIR",
            description =
                    "A local repository, used without any network. Without it: environment variable " + VARIABLE + ".")
    private @Nullable Path repository;

    @Option(
            names = "--passphrase-file",
            paramLabel = "FILE",
            description = "File of mode 0600 whose first line opens the repository. Without it: environment variable "
                    + PassphraseSource.VARIABLE + ".")
    private @Nullable Path passphraseFile;

    @Option(
            names = "--recovery-key-file",
            paramLabel = "FILE",
            description = "File of mode 0600 with the repository's recovery key, to open it without the passphrase.")
    private @Nullable Path recoveryKeyFile;

    /** Whether a local repository is meant. */
    boolean isGiven() {
        return repository != null || System.getenv(VARIABLE) != null;
    }

    Path directory() {
        if (repository != null) {
            return repository;
        }
        String named = System.getenv(VARIABLE);
        if (named == null) {
            throw new HypermeshException(
                    Code.CONFIGURATION, Retry.NEVER, "no repository: give --repo DIR, or set " + VARIABLE);
        }
        return Path.of(named);
    }

    private RepositoryKey key() {
        if (recoveryKeyFile != null) {
            try (SecretBytes line = new PassphraseSource.InFile(recoveryKeyFile).read()) {
                return RepositoryKey.recovery(new String(line.toBytes(), StandardCharsets.US_ASCII));
            } catch (IllegalArgumentException e) {
                throw new HypermeshException(
                        Code.CONFIGURATION, Retry.NEVER, recoveryKeyFile + ": " + e.getMessage(), e);
            }
        }
        PassphraseSource source =
                passphraseFile == null ? PassphraseSource.environment() : new PassphraseSource.InFile(passphraseFile);
        return RepositoryKey.passphrase(source.read());
    }

    Repository open() {
        return Repository.open(directory(), key(), Repository.Options.defaults());
    }

    Repository create(Repository.Format format) {
        return Repository.create(directory(), key(), format, Repository.Options.defaults());
    }

    /** A snapshot, and a path in it: {@code SNAPSHOT} or {@code SNAPSHOT:PATH}. */
    record Part(Snapshot snapshot, EntryPath path) {}

    static Part part(Repository store, String text) {
        int colon = text.indexOf(':');
        String reference = colon < 0 ? text : text.substring(0, colon);
        Snapshot snapshot = snapshot(store, reference);
        try {
            return new Part(snapshot, EntryPath.parse(colon < 0 ? "" : text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new HypermeshException(Code.CONFIGURATION, Retry.NEVER, text + ": " + e.getMessage(), e);
        }
    }

    static Snapshot snapshot(Repository store, String reference) {
        return store.find(reference)
                .orElseThrow(() -> new HypermeshException(
                        Code.NOT_FOUND,
                        Retry.NEVER,
                        "no snapshot, or more than one, is called " + reference
                                + ". Give latest, or more digits of an id: hypermesh snapshots"));
    }
}
