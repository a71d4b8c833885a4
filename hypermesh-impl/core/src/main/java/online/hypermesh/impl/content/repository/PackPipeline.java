package online.hypermesh.impl.content.repository;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * Compresses, seals and stores packs on other threads while the next ones fill. Holds a fixed number of buffers, so a slow
 * disk slows the reader down instead of filling memory. The first failure ends it. One thread takes and submits.
 */
final class PackPipeline implements AutoCloseable {
    private static final long DEADLINE_MINUTES = 30;

    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final Codec codec;
    private final Quota quota;
    private final ExecutorService workers;
    private final BlockingQueue<PackBuffer> free;
    private final int buffers;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final AtomicLong storedBytes = new AtomicLong();
    private final SecureRandom random = new SecureRandom();

    /** Grants stored bytes or refuses them. */
    @FunctionalInterface
    interface Quota {
        void charge(int bytes);
    }

    PackPipeline(
            RepositoryFiles files, RepositoryKeys keys, Codec codec, int packPlainBytes, int threads, Quota quota) {
        this.files = files;
        this.keys = keys;
        this.codec = codec;
        this.quota = quota;
        this.buffers = threads + 3;
        this.free = new ArrayBlockingQueue<>(buffers);
        for (int i = 0; i < buffers; i++) {
            free.add(new PackBuffer(packPlainBytes));
        }
        this.workers = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "content-seal");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** An empty buffer; waits until one is free. */
    PackBuffer take() {
        throwFailure();
        PackBuffer buffer = await();
        throwFailure();
        return buffer;
    }

    private PackBuffer await() {
        try {
            PackBuffer buffer = free.poll(DEADLINE_MINUTES, TimeUnit.MINUTES);
            if (buffer == null) {
                throw new HypermeshException(
                        Code.TIMEOUT,
                        Retry.WHOLE_OPERATION,
                        "no pack was stored for " + DEADLINE_MINUTES + " minutes. Check the disk of " + files);
            }
            return buffer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(
                    Code.CLOSED, Retry.WHOLE_OPERATION, "interrupted while waiting for the disk of " + files, e);
        }
    }

    /** Hands a buffer over; it comes back to {@link #take()} when its pack is stored. */
    void submit(PackBuffer buffer, PackSlot slot) {
        workers.execute(() -> {
            try {
                if (failure.get() == null) {
                    store(buffer, slot);
                }
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
            } finally {
                buffer.reset();
                free.add(buffer);
            }
        });
    }

    /** Gives back a buffer that was not used. */
    void release(PackBuffer buffer) {
        buffer.reset();
        free.add(buffer);
    }

    private void store(PackBuffer buffer, PackSlot slot) {
        byte[] sealed = PackFormat.seal(keys, StreamSeal.newSalt(random), codec, buffer.plain(), buffer.finish());
        quota.charge(sealed.length);
        Digest id = Digest.sha256(sealed);
        files.writePack(id, sealed);
        slot.sealed(id, sealed.length);
        storedBytes.addAndGet(sealed.length);
    }

    /** Waits until everything submitted is stored, and makes it durable. */
    void drain() {
        PackBuffer[] all = new PackBuffer[buffers];
        for (int i = 0; i < buffers; i++) {
            all[i] = await();
        }
        free.addAll(Arrays.asList(all));
        throwFailure();
        files.sync();
    }

    /** Sum of the lengths of the packs stored. */
    long storedBytes() {
        return storedBytes.get();
    }

    private void throwFailure() {
        RuntimeException first = failure.get();
        if (first instanceof HypermeshException coded) {
            throw new HypermeshException(coded.code(), coded.retry(), String.valueOf(coded.getMessage()), coded);
        }
        if (first != null) {
            throw new IllegalStateException("storing a pack failed", first);
        }
    }

    /** Ends the threads; what was submitted and not drained may be lost. Idempotent. */
    @Override
    public void close() {
        workers.shutdownNow();
        try {
            workers.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (PackBuffer buffer : free) {
            Arrays.fill(buffer.plain(), (byte) 0);
        }
    }
}
