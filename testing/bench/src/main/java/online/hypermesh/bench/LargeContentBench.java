package online.hypermesh.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Content that is larger than the memory it may take: bytes of which none come twice, and a file of holes, stored by a process
 * with a heap of 256 MB. Confined to one thread.
 */
final class LargeContentBench {
    private static final String INGEST_SECONDS = "large_ingest_s";
    private static final String INGEST_SPEED = "large_ingest_mb_s";
    private static final String HEAP = "large_heap_mib";
    private static final String SPARSE_SECONDS = "sparse_s";
    private static final String ALL_PROCESSORS = "0-" + (Runtime.getRuntime().availableProcessors() - 1);
    private static final long FILE_BYTES = 1_000_000_000;
    private static final int PIECE_BYTES = 1 << 20;

    /**
     * How much.
     *
     * @param bytes of which none come twice
     * @param sparseBytes length of the file of holes
     */
    record Sizes(long bytes, long sparseBytes) {
        static final Sizes FULL = new Sizes(20_000_000_000L, 100_000_000_000L);
        static final Sizes QUICK = new Sizes(2_000_000_000L, 10_000_000_000L);
    }

    private final Path work;
    private final Sizes sizes;
    private final Set<String> wanted;
    private final Report report;
    private final Consumer<String> say;

    LargeContentBench(Path work, Sizes sizes, Set<String> wanted, Report report, Consumer<String> say) {
        this.work = work;
        this.sizes = sizes;
        this.wanted = wanted;
        this.report = report;
        this.say = say;
    }

    /** What can be asked for. */
    static Set<String> names() {
        return new TreeSet<>(Set.of(INGEST_SECONDS, INGEST_SPEED, HEAP, SPARSE_SECONDS));
    }

    void run() {
        try (PinnedProcess.Worker worker = new PinnedProcess.Worker(ALL_PROCESSORS)) {
            if (!wanted.equals(Set.of(SPARSE_SECONDS))) {
                unique(worker);
            }
            if (wanted.contains(SPARSE_SECONDS)) {
                sparse(worker);
            }
            report.metrics().keySet().retainAll(wanted);
        } catch (IOException e) {
            throw new UncheckedIOException("the bench of large content failed", e);
        } finally {
            Directories.delete(work);
        }
    }

    private void unique(PinnedProcess.Worker worker) throws IOException {
        long needed = sizes.bytes / 10 * 21;
        long free = Files.getFileStore(work).getUsableSpace();
        if (free < needed) {
            throw new IOException(work + " has " + free / 1_000_000 + " MB free, " + needed / 1_000_000
                    + " are needed; name another directory with --work, or try --quick");
        }
        say.accept("writing " + sizes.bytes / 1_000_000 + " MB of which nothing comes twice");
        Path source = Files.createDirectory(work.resolve("unique"));
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < sizes.bytes / FILE_BYTES; i++) {
            write(source.resolve(String.format("file%03d", i)), random);
        }
        say.accept("storing them");
        long[] figures = worker.ask("store fast keyed " + Runtime.getRuntime().availableProcessors() + " " + source
                + " " + work.resolve("repository"));
        long heap = worker.ask("heap")[0];
        double seconds = figures[0] / 1e9;
        report.metric(INGEST_SECONDS, seconds);
        report.metric(INGEST_SPEED, figures[1] / 1e6 / seconds);
        report.metric(HEAP, heap / (double) (1 << 20));
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("bytes", figures[1]);
        rows.put("largest_heap", PinnedProcess.WORKER_HEAP);
        rows.put("processors", Runtime.getRuntime().availableProcessors());
        report.baseline("unique", rows);
        Directories.delete(source);
        Directories.delete(work.resolve("repository"));
    }

    private static void write(Path file, SplittableRandom random) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long left = FILE_BYTES; left > 0; left -= piece.limit()) {
                piece.clear();
                while (piece.hasRemaining()) {
                    piece.putLong(random.nextLong());
                }
                piece.flip().limit((int) Math.min(left, PIECE_BYTES));
                while (piece.hasRemaining()) {
                    out.write(piece);
                }
            }
        }
    }

    private void sparse(PinnedProcess.Worker worker) throws IOException {
        Path source = Files.createDirectory(work.resolve("sparse"));
        try (FileChannel out = FileChannel.open(
                source.resolve("holes"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE)) {
            out.write(ByteBuffer.wrap(new byte[] {1}), sizes.sparseBytes / 2);
            out.write(ByteBuffer.wrap(new byte[] {1}), sizes.sparseBytes - 1);
        }
        say.accept("storing " + sizes.sparseBytes / 1_000_000 + " MB of holes");
        long[] figures = worker.ask("store fast keyed " + Runtime.getRuntime().availableProcessors() + " " + source
                + " " + work.resolve("repository-of-holes"));
        report.metric(SPARSE_SECONDS, figures[0] / 1e9);
        report.baseline("sparse", Map.of("bytes", figures[1]));
    }
}
