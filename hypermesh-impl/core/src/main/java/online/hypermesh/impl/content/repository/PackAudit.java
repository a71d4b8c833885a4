package online.hypermesh.impl.content.repository;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/** Reads whole packs on several threads and tells which chunks are in them. Confined to one thread. */
final class PackAudit {
    private static final int WAITING = 8;
    private static final long DEADLINE_MINUTES = 10;

    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final ExecutorService workers;
    private final Result to;
    private final Deque<Future<Found>> waiting = new ArrayDeque<>();

    /** What was found in a pack: its chunks, or what is wrong with it. */
    record Found(Digest pack, int storedBytes, long[] ids, int[] lengths, Optional<String> problem) {}

    /** Hears of each pack in the order they were given, on the caller's thread. */
    @FunctionalInterface
    interface Result {
        void pack(Found found);
    }

    PackAudit(RepositoryFiles files, RepositoryKeys keys, ExecutorService workers, Result to) {
        this.files = files;
        this.keys = keys;
        this.workers = workers;
        this.to = to;
    }

    void add(Digest pack) {
        if (waiting.size() == WAITING) {
            next();
        }
        waiting.add(workers.submit(() -> read(pack)));
    }

    void finish() {
        while (!waiting.isEmpty()) {
            next();
        }
    }

    private void next() {
        try {
            to.pack(waiting.remove().get(DEADLINE_MINUTES, TimeUnit.MINUTES));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.WHOLE_OPERATION, "interrupted while reading packs", e);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT, Retry.WHOLE_OPERATION, "a pack was not read in time. Check the disk of " + files, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HypermeshException coded) {
                throw new HypermeshException(coded.code(), coded.retry(), String.valueOf(coded.getMessage()), coded);
            }
            throw new IllegalStateException("reading a pack failed", e.getCause());
        }
    }

    private Found read(Digest pack) {
        try {
            byte[] sealed = files.readPack(pack).orElseThrow(() -> Failures.corrupted("pack " + pack + " is missing"));
            byte[] plain = ChunkReader.open(keys, pack, sealed);
            int count = PackFormat.count(plain);
            long[] ids = new long[count * 2];
            int[] lengths = new int[count];
            ChunkNamer namer = new ChunkNamer(keys);
            int offset = 0;
            for (int i = 0; i < count; i++) {
                lengths[i] = PackFormat.length(plain, count, i);
                namer.name(plain, offset, lengths[i]);
                ids[2 * i] = namer.hi();
                ids[2 * i + 1] = namer.lo();
                offset += lengths[i];
            }
            return new Found(pack, sealed.length, ids, lengths, Optional.empty());
        } catch (HypermeshException e) {
            if (e.code() != Code.CORRUPTED) {
                throw e;
            }
            return new Found(pack, 0, new long[0], new int[0], Optional.of(String.valueOf(e.getMessage())));
        }
    }
}
