package online.hypermesh.node.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import online.hypermesh.api.content.DedupDomain;
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

    @Option(
            names = "--domain",
            paramLabel = "private|group|public",
            defaultValue = "private",
            description =
                    "Deduplication domain of the repository: of one owner, of a group's members, or open to everybody"
                            + " without any key. It must be the one the repository was created with.")
    private String domain = "private";

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

    DedupDomain domain() {
        for (DedupDomain known : DedupDomain.values()) {
            if (known.name().toLowerCase(Locale.ROOT).equals(domain)) {
                return known;
            }
        }
        throw new HypermeshException(
                Code.CONFIGURATION, Retry.NEVER, "--domain is \"" + domain + "\"; give private, group or public");
    }

    private RepositoryKey key() {
        if (domain() == DedupDomain.PUBLIC) {
            if (passphraseFile != null || recoveryKeyFile != null) {
                throw new HypermeshException(
                        Code.CONFIGURATION,
                        Retry.NEVER,
                        "--domain public has no secrets: leave out --passphrase-file and --recovery-key-file");
            }
            return RepositoryKey.everybody();
        }
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

    /** What a passphrase in a file opens or will open. */
    static RepositoryKey passphrase(Path file) {
        return RepositoryKey.passphrase(new PassphraseSource.InFile(file).read());
    }

    Repository open() {
        Repository store = Repository.open(directory(), key(), Repository.Options.defaults());
        if (store.domain() != domain()) {
            String found = store.domain().name().toLowerCase(Locale.ROOT);
            store.close();
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    directory() + " is a repository of domain " + found + ", not " + domain
                            + ". If that is meant, give --domain " + found);
        }
        return store;
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
