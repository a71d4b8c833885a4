package online.hypermesh.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Content repositories beside restic, borg and casync: in turns on the same processors, ratios of each pair, medians. A
 * metric whose peer is not installed is absent. Confined to one thread.
 */
final class ContentBench {
    private static final int FILES = 1500;
    private static final String ONE = "0";
    private static final String PASSWORD = "side by side";

    private static final String TWO_CORES = "ingest_2_cores_vs_restic";
    private static final Set<String> RESTORING = Set.of("restore_vs_restic");
    private static final Set<String> BORG = Set.of("ingest_vs_borg");
    private static final Set<String> CASYNC = Set.of("stored_vs_casync");
    private static final Set<String> DENSE = Set.of("ingest_dense_vs_restic", "stored_vs_restic", "stored_vs_casync");
    private static final Set<String> COLD = Set.of("ingest_cold_vs_restic");
    private static final Set<String> KEYED = Set.of("secure_vs_plain", "ingest_keyed_vs_restic");
    private static final Set<String> RESTIC = Set.of(
            "ingest_vs_restic",
            "ingest_keyed_vs_restic",
            "ingest_cold_vs_restic",
            "ingest_dense_vs_restic",
            "stored_fast_vs_restic",
            "stored_vs_restic",
            "restore_vs_restic");
    private static final Set<String> STORING = Set.of(
            "ingest_vs_restic",
            "ingest_keyed_vs_restic",
            "ingest_cold_vs_restic",
            "ingest_dense_vs_restic",
            "stored_fast_vs_restic",
            "stored_vs_restic",
            "secure_vs_plain",
            "ingest_vs_borg",
            "stored_vs_casync");
    private static final Set<String> BLOCKS = Set.of("seal_mb_s", "open_mb_s", "wrap_ms", "block_1mb_ms");

    private final Path work;
    private final int versions;
    private final int pairs;
    private final Report report;
    private final Set<String> wanted;
    private final Consumer<String> say;
    private final Path source;
    private final boolean restic = !PinnedProcess.find("restic").isEmpty();
    private final boolean borg = !PinnedProcess.find("borg").isEmpty();
    private final boolean casync = !PinnedProcess.find("casync").isEmpty();
    private final Map<String, Map<String, Object>> rows = new LinkedHashMap<>();
    private long sourceBytes;
    private double lastRestic;

    ContentBench(Path work, boolean quick, Set<String> wanted, Report report, Consumer<String> say) {
        this.work = work;
        this.versions = quick ? 10 : 24;
        this.pairs = quick ? 3 : 5;
        this.report = report;
        this.wanted = wanted;
        this.say = say;
        this.source = work.resolve("source");
    }

    /** What can be asked for. */
    static Set<String> names() {
        Set<String> names = new TreeSet<>(STORING);
        names.addAll(RESTORING);
        names.addAll(BLOCKS);
        names.add("shift_new_percent");
        names.add(TWO_CORES);
        return names;
    }

    private boolean wants(Set<String> metrics) {
        return !Collections.disjoint(wanted, metrics);
    }

    void run() {
        try {
            prepare();
            describe();
            try (PinnedProcess.Worker worker = new PinnedProcess.Worker(ONE)) {
                if (wants(STORING) || wants(RESTORING)) {
                    measure(worker);
                }
                if (wants(Set.of("shift_new_percent"))) {
                    shift(worker, work.resolve("ours"));
                }
                if (wants(BLOCKS)) {
                    blocks(worker);
                }
            }
            if (wants(Set.of(TWO_CORES))) {
                twoCores();
            }
            rows.forEach(report::baseline);
        } catch (IOException e) {
            throw new UncheckedIOException("the bench of content failed", e);
        } finally {
            delete(work);
        }
    }

    private void prepare() throws IOException {
        Files.createDirectories(source);
        SourceTrees trees = new SourceTrees(FILES);
        for (int i = 0; i < versions; i++) {
            sourceBytes += trees.write(source.resolve(String.format("version%02d.tar", i)));
        }
        say.accept(versions + " archives, " + sourceBytes / 1_000_000 + " MB");
    }

    private void describe() {
        report.baseline(
                "data", Map.of("archives", versions, "bytes", sourceBytes, "directory", "tmpfs where /dev/shm is one"));
        report.baseline(
                "method",
                Map.of(
                        "pairs",
                        pairs,
                        "pinned",
                        PinnedProcess.canPin()
                                ? "taskset, one processor but for ingest_2_cores"
                                : "no: taskset is missing"));
        peer(
                "restic",
                restic,
                "backup, compression auto, GOMAXPROCS as many as processors, cache in the same directory");
        peer("borg", borg, "create, repokey-blake2, zstd,3");
        peer("casync", casync, "make --store, default chunks, its own compression, no encryption");
    }

    private void peer(String name, boolean present, String settings) {
        report.baseline(name, Map.of("settings", present ? settings : "not installed: its metrics are absent"));
    }

    private void measure(PinnedProcess.Worker worker) throws IOException {
        Path repository = work.resolve("ours");
        for (int i = 0; i < 4; i++) {
            store(worker, "fast", "open", repository);
        }
        for (int i = 0; i < 2 && wants(RESTORING); i++) {
            restore(worker, repository);
        }
        for (int i = 0; i < 2 && wants(KEYED); i++) {
            store(worker, "fast", "keyed", repository);
        }
        List<Double> fastRestic = new ArrayList<>();
        List<Double> fastBorg = new ArrayList<>();
        List<Double> keyedRestic = new ArrayList<>();
        List<Double> cold = new ArrayList<>();
        List<Double> dense = new ArrayList<>();
        List<Double> secure = new ArrayList<>();
        List<Double> restores = new ArrayList<>();
        double storedFast = 0;
        double storedDense = 0;
        double storedRestic = 0;
        for (int i = 0; i < pairs; i++) {
            say.accept("pair " + (i + 1) + " of " + pairs);
            double keyed = wants(KEYED) ? store(worker, "fast", "keyed", repository) : 0;
            double open = store(worker, "fast", "open", repository);
            storedFast = size(repository);
            double restored = wants(RESTORING) ? restore(worker, repository) : 0;
            secure.add(open / keyed);
            if (restic && wants(RESTIC)) {
                double peer = restic(ONE, "restic");
                storedRestic = size(work.resolve("restic"));
                fastRestic.add(peer / open);
                keyedRestic.add(peer / keyed);
                if (wants(RESTORING)) {
                    restores.add(resticRestore() / restored);
                }
                if (wants(COLD)) {
                    delete(repository);
                    cold.add(peer / (PinnedProcess.cold(ONE, work, command("fast", "open", "1", repository)) / 1e9));
                }
            }
            if (borg && wants(BORG)) {
                fastBorg.add(borg() / open);
            }
            if (wants(DENSE)) {
                double seconds = store(worker, "dense", "open", repository);
                storedDense = size(repository);
                dense.add(lastRestic / seconds);
                row("seconds", "ours_dense_open", seconds);
            }
            row("seconds", "ours_fast_open", open);
            if (wants(KEYED)) {
                row("seconds", "ours_fast_keyed", keyed);
            }
            if (wants(RESTORING)) {
                row("seconds", "ours_restore", restored);
            }
        }
        row("stored_bytes", "ours_fast", storedFast);
        median("secure_vs_plain", secure);
        if (restic && wants(RESTIC)) {
            row("stored_bytes", "restic", storedRestic);
            median("ingest_vs_restic", fastRestic);
            median("ingest_keyed_vs_restic", keyedRestic);
            median("ingest_cold_vs_restic", cold);
            median("ingest_dense_vs_restic", dense);
            median("restore_vs_restic", restores);
            metric("stored_fast_vs_restic", storedFast / storedRestic);
            metric("stored_vs_restic", storedDense / storedRestic);
        }
        if (borg) {
            median("ingest_vs_borg", fastBorg);
        }
        if (wants(DENSE)) {
            row("stored_bytes", "ours_dense", storedDense);
        }
        if (casync && wants(CASYNC)) {
            double peer = casync();
            row("stored_bytes", "casync", peer);
            metric("stored_vs_casync", storedDense / peer);
        }
    }

    private void metric(String name, double value) {
        if (wants(Set.of(name))) {
            report.metric(name, value);
        }
    }

    private static String command(String profile, String cutting, String threads, Path source, Path repository) {
        return "store " + profile + " " + cutting + " " + threads + " " + source + " " + repository;
    }

    private String command(String profile, String cutting, String threads, Path repository) {
        return command(profile, cutting, threads, source, repository);
    }

    private double store(PinnedProcess.Worker worker, String profile, String cutting, Path repository)
            throws IOException {
        delete(repository);
        return worker.ask(command(profile, cutting, "1", repository))[0] / 1e9;
    }

    private double restore(PinnedProcess.Worker worker, Path repository) throws IOException {
        Path target = work.resolve("restored");
        double seconds = worker.ask("restore 1 " + repository + " " + target)[0] / 1e9;
        delete(target);
        return seconds;
    }

    private Map<String, String> resticEnvironment(String processors) {
        return Map.of(
                "RESTIC_PASSWORD",
                PASSWORD,
                "RESTIC_CACHE_DIR",
                work.resolve("restic-cache").toString(),
                "GOMAXPROCS",
                Integer.toString(processors.split(",").length));
    }

    private double restic(String processors, String name) throws IOException {
        Path repository = work.resolve(name);
        delete(repository);
        delete(work.resolve("restic-cache"));
        Map<String, String> environment = resticEnvironment(processors);
        PinnedProcess.run(processors, environment, work, List.of("restic", "-q", "-r", repository.toString(), "init"));
        lastRestic = PinnedProcess.run(
                        processors,
                        environment,
                        work,
                        List.of("restic", "-q", "-r", repository.toString(), "backup", source.toString()))
                / 1e9;
        row("seconds", name, lastRestic);
        return lastRestic;
    }

    private double resticRestore() throws IOException {
        Path target = work.resolve("restored");
        double seconds = PinnedProcess.run(
                        ONE,
                        resticEnvironment(ONE),
                        work,
                        List.of(
                                "restic",
                                "-q",
                                "-r",
                                work.resolve("restic").toString(),
                                "restore",
                                "latest",
                                "--target",
                                target.toString()))
                / 1e9;
        delete(target);
        row("seconds", "restic_restore", seconds);
        return seconds;
    }

    private double borg() throws IOException {
        Path repository = work.resolve("borg");
        delete(repository);
        Map<String, String> environment = Map.of(
                "BORG_PASSPHRASE",
                PASSWORD,
                "BORG_BASE_DIR",
                work.resolve("borg-base").toString());
        delete(work.resolve("borg-base"));
        PinnedProcess.run(
                ONE, environment, work, List.of("borg", "init", "-e", "repokey-blake2", repository.toString()));
        double seconds = PinnedProcess.run(
                        ONE,
                        environment,
                        work,
                        List.of("borg", "create", "-C", "zstd,3", repository + "::one", source.toString()))
                / 1e9;
        row("seconds", "borg", seconds);
        row("stored_bytes", "borg", size(repository));
        return seconds;
    }

    /** Stores every archive in one chunk store; returns its length. */
    private double casync() throws IOException {
        Path store = work.resolve("casync.castr");
        for (Path archive : archives()) {
            PinnedProcess.run(
                    ONE,
                    Map.of(),
                    work,
                    List.of(
                            "casync",
                            "make",
                            "--store=" + store,
                            work.resolve(archive.getFileName() + ".caibx").toString(),
                            archive.toString()));
        }
        return size(store);
    }

    private List<Path> archives() throws IOException {
        try (Stream<Path> files = Files.list(source)) {
            return files.sorted().toList();
        }
    }

    private void shift(PinnedProcess.Worker worker, Path repository) throws IOException {
        Path first = archives().get(0);
        Path shifted = work.resolve("shifted.tar");
        Files.write(shifted, new byte[] {'x'});
        Files.write(shifted, Files.readAllBytes(first), StandardOpenOption.APPEND);
        delete(repository);
        worker.ask(command("fast", "keyed", "1", first, repository));
        long added = worker.ask("again 1 " + shifted + " " + repository)[1];
        report.metric("shift_new_percent", 100.0 * added / Files.size(first));
        row("shift_new_percent", "added_bytes", added);
        row("shift_new_percent", "file_bytes", Files.size(first));
    }

    private void blocks(PinnedProcess.Worker worker) throws IOException {
        if (wants(Set.of("seal_mb_s", "open_mb_s"))) {
            long[] seal = worker.ask("seal");
            metric("seal_mb_s", seal[2] * 1e3 / seal[0]);
            metric("open_mb_s", seal[2] * 1e3 / seal[1]);
        }
        if (wants(Set.of("wrap_ms"))) {
            metric("wrap_ms", worker.ask("wrap")[0] / 1e6);
        }
        if (wants(Set.of("block_1mb_ms"))) {
            metric("block_1mb_ms", worker.ask("block")[0] / 1e6);
        }
    }

    private void twoCores() throws IOException {
        if (!restic || Runtime.getRuntime().availableProcessors() < 2) {
            return;
        }
        Path repository = work.resolve("ours");
        List<Double> ratios = new ArrayList<>();
        try (PinnedProcess.Worker worker = new PinnedProcess.Worker("0,1")) {
            for (int i = 0; i < pairs + 3; i++) {
                delete(repository);
                double ours = worker.ask(command("fast", "open", "2", repository))[0] / 1e9;
                if (i >= 3) {
                    ratios.add(restic("0,1", "restic_2_cores") / ours);
                    row("seconds", "ours_2_cores", ours);
                }
            }
        }
        median(TWO_CORES, ratios);
    }

    /** The last value of a row counts. */
    private void row(String table, String name, double value) {
        rows.computeIfAbsent(table, t -> new LinkedHashMap<>()).put(name, value);
    }

    private void median(String metric, List<Double> values) {
        if (!wants(Set.of(metric))) {
            return;
        }
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        report.metric(metric, sorted[sorted.length / 2]);
        rows.computeIfAbsent("pairs", t -> new LinkedHashMap<>())
                .put(
                        metric,
                        Arrays.toString(Arrays.stream(sorted)
                                .map(v -> Math.round(v * 100) / 100.0)
                                .toArray()));
    }

    private static double size(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(f -> f.toFile().length())
                    .sum();
        }
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + directory, e);
        }
    }
}
