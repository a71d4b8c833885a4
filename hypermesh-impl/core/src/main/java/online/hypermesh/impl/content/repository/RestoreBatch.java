package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Pieces of files that are to be written, gathered until there are many, then written pack by pack, so that each pack is
 * read and opened once however many files it serves. Confined to one thread; the packs are worked on by others.
 */
final class RestoreBatch {
    private static final int MAX_PIECES = 1 << 20;
    private static final int MAX_FILES = 1 << 15;
    private static final long DEADLINE_MINUTES = 60;

    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final RepositoryIndex index;
    private final ExecutorService workers;
    private final Consumer<RestoredFile> finished;
    private final List<RestoredFile> restored = new ArrayList<>();
    private int[] fileOf = new int[1024];
    private long[] positions = new long[1024];
    private int[] packs = new int[1024];
    private int[] offsets = new int[1024];
    private int[] lengths = new int[1024];
    private int pieces;

    RestoreBatch(
            RepositoryFiles files,
            RepositoryKeys keys,
            RepositoryIndex index,
            ExecutorService workers,
            Consumer<RestoredFile> finished) {
        this.files = files;
        this.keys = keys;
        this.index = index;
        this.workers = workers;
        this.finished = finished;
    }

    /** The next pieces belong to this file. */
    void begin(RestoredFile file) {
        if (restored.size() >= MAX_FILES) {
            run();
        }
        restored.add(file);
    }

    /** A piece of the file that was begun last. */
    void add(long position, ChunkPlace place) {
        if (pieces == MAX_PIECES) {
            RestoredFile current = restored.get(restored.size() - 1);
            run();
            restored.add(current);
        }
        if (pieces == packs.length) {
            fileOf = Arrays.copyOf(fileOf, pieces * 2);
            positions = Arrays.copyOf(positions, pieces * 2);
            packs = Arrays.copyOf(packs, pieces * 2);
            offsets = Arrays.copyOf(offsets, pieces * 2);
            lengths = Arrays.copyOf(lengths, pieces * 2);
        }
        fileOf[pieces] = restored.size() - 1;
        positions[pieces] = position;
        packs[pieces] = place.pack;
        offsets[pieces] = place.offset;
        lengths[pieces] = place.length;
        pieces++;
        restored.get(restored.size() - 1).expect();
    }

    /** Writes everything gathered. */
    void run() {
        long[] order = new long[pieces];
        for (int i = 0; i < pieces; i++) {
            order[i] = (long) packs[i] << 32 | i;
        }
        Arrays.sort(order);
        List<Future<?>> tasks = new ArrayList<>();
        for (int from = 0; from < pieces; ) {
            int pack = (int) (order[from] >>> 32);
            int to = from;
            while (to < pieces && (int) (order[to] >>> 32) == pack) {
                to++;
            }
            int first = from;
            int end = to;
            tasks.add(workers.submit(() -> pack(pack, order, first, end)));
            from = to;
        }
        tasks.forEach(RestoreBatch::await);
        pieces = 0;
        restored.clear();
    }

    private static void await(Future<?> task) {
        try {
            task.get(DEADLINE_MINUTES, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.WHOLE_OPERATION, "interrupted while restoring", e);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT,
                    Retry.WHOLE_OPERATION,
                    "a pack was not restored within " + DEADLINE_MINUTES + " minutes. Check the disks",
                    e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("restoring a pack failed", e.getCause());
        }
    }

    private void pack(int pack, long[] order, int first, int end) {
        byte[] plain;
        try {
            PackSlot slot = index.pack(pack);
            plain = ChunkReader.open(
                    keys,
                    slot.id(),
                    files.readPack(slot.id())
                            .orElseThrow(() -> Failures.corrupted("pack " + slot.id() + " is missing")));
        } catch (HypermeshException e) {
            for (int i = first; i < end; i++) {
                RestoredFile file = restored.get(fileOf[(int) order[i]]);
                file.fail(String.valueOf(e.getMessage()));
                arrived(file);
            }
            return;
        }
        for (int i = first; i < end; ) {
            i = pieces(plain, order, i, end);
        }
    }

    /** Writes all pieces of one file that follow each other in a pack; returns the first piece of another file. */
    private int pieces(byte[] plain, long[] order, int first, int end) {
        int number = fileOf[(int) order[first]];
        RestoredFile file = restored.get(number);
        int next = first;
        while (next < end && fileOf[(int) order[next]] == number) {
            next++;
        }
        if (file.failure() == null) {
            try (FileChannel channel = file.open()) {
                for (int i = first; i < next; ) {
                    i = piece(plain, order, i, next, channel);
                }
            } catch (IOException e) {
                file.fail(e.toString());
            }
        }
        for (int i = first; i < next; i++) {
            arrived(file);
        }
        return next;
    }

    /** Writes one piece together with those that follow it in the pack as they do in the file. */
    private int piece(byte[] plain, long[] order, int first, int end, FileChannel channel) throws IOException {
        int piece = (int) order[first];
        int length = lengths[piece];
        int next = first + 1;
        while (next < end
                && positions[(int) order[next]] == positions[piece] + length
                && offsets[(int) order[next]] == offsets[piece] + length
                && !ChunkNamer.isZero(plain, offsets[piece], lengths[piece])) {
            length += lengths[(int) order[next]];
            next++;
        }
        if (offsets[piece] + length > plain.length) {
            throw new IOException("the index names bytes beyond the end of a pack. Run check, then repair");
        }
        RestoredFile.write(channel, positions[piece], plain, offsets[piece], length);
        return next;
    }

    private void arrived(RestoredFile file) {
        if (file.arrived()) {
            finished.accept(file);
        }
    }
}
