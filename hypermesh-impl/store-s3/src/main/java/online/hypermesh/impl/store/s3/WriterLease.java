package online.hypermesh.impl.store.s3;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The right to write below a prefix, as a row of numbered objects of which the highest counts; each is created where none
 * was, so of two writers that want the same number one gets it. Clocks decide only how long a newcomer waits for a writer
 * that is silent: what a writer acknowledges it has {@link #confirm confirmed} afterwards to be its own still. Thread-safe.
 */
final class WriterLease implements AutoCloseable {
    static final Duration LENGTH = Duration.ofSeconds(60);

    private static final int VERSION = 1;
    private static final int NONCE_BYTES = 16;
    private static final int MAX_BYTES = 256;
    private static final int RENEWALS_PER_LENGTH = 3;

    private final ObjectStore objects;
    private final String prefix;
    private final Clock clock;
    private final Duration length;
    private final byte[] nonce = new byte[NONCE_BYTES];
    private final ScheduledExecutorService renewing;
    private final long term;
    private long number;
    private boolean lost;
    private boolean closed;

    private record Held(byte[] nonce, long untilMillis, boolean released) {
        byte[] encode() {
            return new CborWriter()
                    .array(4)
                    .uint(VERSION)
                    .bytes(nonce)
                    .uint(untilMillis)
                    .uint(released ? 1 : 0)
                    .toBytes();
        }

        static Held decode(byte[] bytes) {
            CborReader r = new CborReader(bytes).expectArray(4).expect(VERSION, "lease version");
            Held held = new Held(r.fixedBytes(NONCE_BYTES), r.uint(), r.uint(1) == 1);
            r.end();
            return held;
        }
    }

    private WriterLease(ObjectStore objects, String prefix, Clock clock, Duration length, long number) {
        this.objects = objects;
        this.prefix = prefix + "lease/";
        this.clock = clock;
        this.length = length;
        this.number = number;
        this.term = number;
        new SecureRandom().nextBytes(nonce);
        this.renewing = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "s3-lease");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Takes the lease.
     *
     * @throws HypermeshException LOCKED while another writer has it
     */
    static WriterLease take(ObjectStore objects, String prefix, Clock clock, Duration length) {
        long highest = highest(objects, prefix + "lease/");
        if (highest > 0) {
            requireFree(objects, prefix, highest, clock);
        }
        WriterLease lease = new WriterLease(objects, prefix, clock, length, highest + 1);
        boolean taken = false;
        try {
            if (!objects.create(lease.key(highest + 1), lease.held(false))) {
                throw locked(prefix, "another process was faster");
            }
            lease.confirm();
            lease.forgetOlder();
            long period = length.toMillis() / RENEWALS_PER_LENGTH;
            lease.renewing.scheduleWithFixedDelay(lease::renew, period, period, TimeUnit.MILLISECONDS);
            taken = true;
            return lease;
        } finally {
            if (!taken) {
                lease.renewing.shutdownNow();
            }
        }
    }

    /**
     * Opens a store under the lease; when that fails, the lease is given back and the objects are closed.
     *
     * @throws HypermeshException LOCKED while another writer has it; what opening throws
     */
    static <S> S holding(ObjectStore objects, String prefix, Clock clock, Function<WriterLease, S> open) {
        WriterLease lease = null;
        boolean opened = false;
        try {
            lease = take(objects, prefix, clock, LENGTH);
            S store = open.apply(lease);
            opened = true;
            return store;
        } finally {
            if (!opened) {
                if (lease != null) {
                    lease.close();
                }
                objects.close();
            }
        }
    }

    private static void requireFree(ObjectStore objects, String prefix, long number, Clock clock) {
        byte[] bytes = objects.read(key(prefix + "lease/", number), 0, MAX_BYTES)
                .orElseThrow(() -> locked(prefix, "another process is taking it"));
        Held held;
        try {
            held = Held.decode(bytes);
        } catch (CborException | IllegalArgumentException e) {
            throw Failures.corrupted("the lease " + key(prefix + "lease/", number)
                    + " is damaged. Make sure that nobody writes there, then delete it");
        }
        if (!held.released && held.untilMillis > clock.millis()) {
            throw locked(prefix, "its lease runs until " + Instant.ofEpochMilli(held.untilMillis));
        }
    }

    private static HypermeshException locked(String prefix, String why) {
        return Failures.locked("the store below \"" + prefix + "\" has a writer: " + why
                + ". Stop that process, or wait until its lease has ended");
    }

    private static long highest(ObjectStore objects, String prefix) {
        long highest = 0;
        for (ObjectStore.Listed object : objects.list(prefix)) {
            highest = Math.max(highest, Keys.number(object.key().substring(prefix.length())));
        }
        return highest;
    }

    private static String key(String prefix, long number) {
        return prefix + Keys.hex(number);
    }

    private String key(long of) {
        return key(prefix, of);
    }

    private byte[] held(boolean released) {
        return new Held(nonce, Math.max(0, clock.millis() + length.toMillis()), released).encode();
    }

    /** Number of the lease when it was taken; every later writer has a higher one. */
    long term() {
        return term;
    }

    /**
     * Makes sure that nobody else took the lease, so that whoever takes it from now on sees what was written before.
     *
     * @throws HypermeshException STORAGE_FAILED when it is lost; nothing may be written or acknowledged any more
     */
    synchronized void confirm() {
        if (!lost && highest(objects, prefix) != number) {
            lost = true;
        }
        if (lost) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED,
                    Retry.WHOLE_OPERATION,
                    "another process has taken the lease " + key(number)
                            + ": what was not acknowledged may be lost. Open the store again");
        }
    }

    /** Lets the lease run longer; a renewal that fails for a while does no harm as long as nobody else comes. */
    synchronized void renew() {
        if (closed || lost) {
            return;
        }
        try {
            advance(false);
        } catch (HypermeshException e) {
            System.getLogger(WriterLease.class.getName())
                    .log(System.Logger.Level.WARNING, "cannot renew the lease " + key(number), e);
        }
    }

    private void advance(boolean release) {
        if (objects.create(key(number + 1), held(release)) || isOurs(number + 1)) {
            number++;
        } else {
            lost = true;
        }
        confirm();
        forgetOlder();
    }

    /** Whether an earlier try succeeded after all. */
    private boolean isOurs(long of) {
        return objects.read(key(of), 0, MAX_BYTES)
                .map(bytes -> Arrays.equals(Held.decode(bytes).nonce, nonce))
                .orElse(false);
    }

    private void forgetOlder() {
        List<String> older = objects.list(prefix).stream()
                .map(ObjectStore.Listed::key)
                .filter(k -> Keys.number(k.substring(prefix.length())) < number)
                .toList();
        objects.delete(older);
    }

    /** Gives the lease back, unless it is lost. Idempotent. */
    @Override
    public void close() {
        renewing.shutdownNow();
        synchronized (this) {
            if (!closed && !lost) {
                closed = true;
                advance(true);
            }
            closed = true;
        }
    }
}
