package online.hypermesh.node.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.api.content.StoredSnapshot;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.repository.Profile;
import online.hypermesh.impl.content.repository.Repository;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code put --repo}: stores files and directories in a local repository. */
final class LocalStoring {
    @Option(
            names = "--create",
            description = "With --repo: create the repository first, and show its recovery key once.")
    private boolean create;

    @Option(
            names = "--profile",
            paramLabel = "fast|dense",
            defaultValue = "fast",
            description = "With --create: fast, or dense for the fewest bytes at a third of the speed.")
    private String profile = "fast";

    @Option(
            names = "--cutting",
            paramLabel = "keyed|open",
            description =
                    "With --create: keyed, or open, which is faster and betrays by the lengths of packs which well-known"
                            + " files are stored. Without it: keyed, in domain public open.")
    private @Nullable String cutting;

    @Option(
            names = "--member-passphrase-file",
            paramLabel = "FILE",
            description = "With --domain group: let another member in, by the first line of this file of mode 0600.")
    private List<Path> members = List.of();

    @Option(
            names = "--quota-bytes",
            paramLabel = "BYTES",
            defaultValue = "0",
            description = "With --create: most stored bytes; 0 for no limit.")
    private long quotaBytes;

    int run(RepositoryOptions options, List<Path> files, String label, boolean json, PrintWriter out, PrintWriter err) {
        String recoveryKey = "";
        if (!members.isEmpty() && options.domain() != DedupDomain.GROUP) {
            throw new HypermeshException(
                    Code.CONFIGURATION, Retry.NEVER, "--member-passphrase-file needs --domain group");
        }
        try (Repository store = open(options)) {
            if (create && store.domain() != DedupDomain.PUBLIC) {
                recoveryKey = store.addRecoveryKey();
            }
            members.forEach(file -> store.addKey(RepositoryOptions.passphrase(file)));
            ProgressLine progress = new ProgressLine(err, "files");
            StoredSnapshot stored = store.store(files, label, progress);
            progress.done();
            stored.unreadable().forEach(line -> err.println("hypermesh: left out " + line));
            if (json) {
                Output.json(out, json(stored, recoveryKey, progress.millis()));
            } else {
                print(stored, recoveryKey, progress.millis(), out);
            }
            return (stored.unreadableCount() == 0 ? ExitCode.OK : ExitCode.FAILED).code();
        }
    }

    private Repository open(RepositoryOptions options) {
        if (!create) {
            return options.open();
        }
        Repository.Format format;
        DedupDomain domain = options.domain();
        String cut = cutting == null ? domain == DedupDomain.PUBLIC ? "open" : "keyed" : cutting;
        try {
            format = new Repository.Format(
                    Profile.valueOf(profile.toUpperCase(Locale.ROOT)),
                    Repository.Cutting.valueOf(cut.toUpperCase(Locale.ROOT)),
                    quotaBytes,
                    domain);
        } catch (IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "--profile is \"" + profile + "\", --cutting \"" + cut + "\" and --quota-bytes " + quotaBytes
                            + "; give fast or dense, keyed or open (in domain public open), and at least 0",
                    e);
        }
        return options.create(format);
    }

    private static Map<String, Object> json(StoredSnapshot stored, String recoveryKey, long millis) {
        Map<String, Object> object = snapshot(stored.snapshot());
        object.put("unchangedFiles", stored.unchangedFiles());
        object.put("unreadable", stored.unreadableCount());
        object.put("putMs", millis);
        if (!recoveryKey.isEmpty()) {
            object.put("recoveryKey", recoveryKey);
        }
        return object;
    }

    /** What is told about a snapshot. */
    static Map<String, Object> snapshot(Snapshot snapshot) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("snapshot", snapshot.id().hex());
        object.put("time", snapshot.time().toString());
        object.put("label", snapshot.label());
        object.put("origins", snapshot.origins());
        object.put("files", snapshot.files());
        object.put("directories", snapshot.directories());
        object.put("bytes", snapshot.bytes());
        object.put("newBytes", snapshot.newBytes());
        return object;
    }

    private static void print(StoredSnapshot stored, String recoveryKey, long millis, PrintWriter out) {
        Snapshot snapshot = stored.snapshot();
        if (!recoveryKey.isEmpty()) {
            out.println("recovery key, shown this once (write it down): " + recoveryKey);
        }
        out.println("snapshot " + snapshot.id());
        out.printf(
                "  %,d files, %,d directories, %,d bytes, of which %,d were added to the repository; %,d files unchanged;"
                        + " %,d ms%n",
                snapshot.files(),
                snapshot.directories(),
                snapshot.bytes(),
                snapshot.newBytes(),
                stored.unchangedFiles(),
                millis);
    }
}
