package online.hypermesh.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.RestoreReport;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.impl.content.repository.Profile;
import online.hypermesh.impl.content.repository.Repository;
import online.hypermesh.impl.content.repository.RepositoryKey;
import online.hypermesh.stoq.base.crypto.SecretBytes;

/**
 * The process that stores and restores, so that it can be bound to processors like the peers. Reads one command per line and
 * answers with one line of figures: nanoseconds, then what the command counts.
 */
final class ContentWorker {
    private ContentWorker() {}

    /**
     * Answers one command, or line by line.
     *
     * @param args a command, or nothing
     * @throws IOException when a file or the input cannot be read
     */
    public static void main(String[] args) throws IOException {
        ContentWorker worker = new ContentWorker();
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        if (args.length > 0) {
            out.println(worker.answer(args[0].split(" ")));
            return;
        }
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.println(worker.answer(line.split(" ")));
        }
    }

    /** Most bytes the heap ever held, what was garbage included. */
    private static String heap() {
        long bytes = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
        return String.valueOf(bytes);
    }

    private static RepositoryKey key() {
        return RepositoryKey.passphrase(SecretBytes.copyOf("side by side".getBytes(StandardCharsets.US_ASCII)));
    }

    private static Repository.Options options(String threads) {
        return new Repository.Options(Clock.systemUTC(), Integer.parseInt(threads));
    }

    String answer(String[] command) throws IOException {
        return switch (command[0]) {
            case "store" -> store(command);
            case "again" -> again(command);
            case "restore" -> restore(command);
            case "heap" -> heap();
            case "seal" -> new BlockWorker().seal();
            case "wrap" -> new BlockWorker().wrap();
            case "block" -> new BlockWorker().store();
            default -> throw new IllegalArgumentException("no command is called " + command[0]);
        };
    }

    /** {@code store PROFILE CUTTING THREADS SOURCE REPOSITORY}. */
    private static String store(String[] command) {
        Repository.Format format = new Repository.Format(
                Profile.valueOf(command[1].toUpperCase(Locale.ROOT)),
                Repository.Cutting.valueOf(command[2].toUpperCase(Locale.ROOT)),
                0,
                DedupDomain.PRIVATE);
        long start = System.nanoTime();
        try (Repository store = Repository.create(Path.of(command[5]), key(), format, options(command[3]))) {
            Snapshot snapshot =
                    store.store(List.of(Path.of(command[4])), "", Progress.NONE).snapshot();
            return System.nanoTime() - start + " " + snapshot.bytes();
        }
    }

    /** {@code again THREADS SOURCE REPOSITORY}: into a repository that exists; tells the bytes added. */
    private static String again(String[] command) {
        long start = System.nanoTime();
        try (Repository store = Repository.open(Path.of(command[3]), key(), options(command[1]))) {
            Snapshot snapshot =
                    store.store(List.of(Path.of(command[2])), "", Progress.NONE).snapshot();
            return System.nanoTime() - start + " " + snapshot.newBytes();
        }
    }

    /** {@code restore THREADS REPOSITORY TARGET}. */
    private static String restore(String[] command) {
        long start = System.nanoTime();
        try (Repository store = Repository.open(Path.of(command[2]), key(), options(command[1]))) {
            Optional<Snapshot> latest = store.find("latest");
            RestoreReport report =
                    store.restore(latest.orElseThrow().id(), EntryPath.ROOT, Path.of(command[3]), false, Progress.NONE);
            if (report.failedCount() > 0) {
                throw new IllegalStateException("not restored: " + report.failed());
            }
            return System.nanoTime() - start + " " + report.bytes();
        }
    }
}
