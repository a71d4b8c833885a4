package online.hypermesh.stoq.session;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.spi.Arrived;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/**
 * Seals what goes down to the engine's stream and opens what comes up. The side that opened the stream begins with the
 * stream's number in eight bytes; the keys of both directions depend on it. Thread-safe.
 */
final class SealedStream implements RawStream, StreamSink {
    private static final int NUMBER_BYTES = Long.BYTES;

    private final StreamSink above;
    private final Consumer<StoqException> violated;
    private final boolean openedHere;
    private final ReentrantLock sending = new ReentrantLock();
    private volatile @Nullable SealSecrets secrets;
    private volatile boolean plain;
    private volatile @Nullable RawStream raw;
    private volatile @Nullable RecordOpener opener;

    // guarded by sending
    private @Nullable RecordSealer sealer;
    private @Nullable SealCipher refused;
    private int refusedLength;
    private boolean refusedLast;
    private boolean waiting;
    private boolean over;

    // confined to the engine's thread
    private final byte[] number = new byte[NUMBER_BYTES];
    private int numberFilled;
    private boolean failed;

    private SealedStream(
            @Nullable SealSecrets secrets, boolean openedHere, StreamSink above, Consumer<StoqException> violated) {
        this.secrets = secrets;
        this.openedHere = openedHere;
        this.above = above;
        this.violated = violated;
    }

    /** A stream that this side opens. */
    static SealedStream opened(SealSecrets secrets, StreamSink above, Consumer<StoqException> violated) {
        return new SealedStream(secrets, true, above, violated);
    }

    /**
     * A stream that the peer opened.
     *
     * @param secrets null if the hello is under way; then no byte flows before {@link #decide}
     * @param violated told when the peer, or somebody else, broke the seal
     */
    static SealedStream accepted(@Nullable SealSecrets secrets, StreamSink above, Consumer<StoqException> violated) {
        return new SealedStream(secrets, false, above, violated);
    }

    /** The hello is complete; without secrets, everything passes as it is. */
    void decide(@Nullable SealSecrets agreed) {
        secrets = agreed;
        plain = agreed == null;
    }

    /** Couples the stream to the engine's. */
    void attach(RawStream engineStream) {
        raw = engineStream;
    }

    @Override
    public long id() {
        return raw().id();
    }

    @Override
    public boolean unidirectional() {
        return raw().unidirectional();
    }

    @Override
    public void demand() {
        raw().demand();
    }

    @Override
    public boolean offer(byte[] bytes, int offset, int length, boolean last) {
        if (plain) {
            return raw().offer(bytes, offset, length, last);
        }
        SealSecrets agreed = secrets;
        if (agreed == null) {
            throw new IllegalStateException("a stream is written before the hello is complete");
        }
        sending.lock();
        try {
            if (over) {
                return true;
            }
            RecordSealer ready = sealer;
            int room = 0;
            byte[] first = null;
            if (ready == null && openedHere) {
                long own = agreed.takeNumber();
                first = ByteBuffer.allocate(NUMBER_BYTES).putLong(own).array();
                room = NUMBER_BYTES;
                ready = agreed.sealer(true, own);
                sealer = ready;
                opener = agreed.opener(true, own);
            }
            if (ready == null || refused != null) {
                waiting = true;
                return false;
            }
            SealCipher lent = agreed.ciphers().borrow();
            int sealed = ready.seal(bytes, offset, length, last, room, lent);
            byte[] records = lent.buffer(sealed);
            if (first != null) {
                System.arraycopy(first, 0, records, 0, NUMBER_BYTES);
            }
            if (sealed > 0 && !raw().offer(records, 0, sealed, last)) {
                // what was sealed keeps its nonce and goes out first
                refused = lent;
                refusedLength = sealed;
                refusedLast = last;
            } else {
                agreed.ciphers().giveBack(lent);
            }
            return true;
        } finally {
            sending.unlock();
        }
    }

    @Override
    public void writable() {
        if (plain) {
            above.writable();
            return;
        }
        sending.lock();
        try {
            SealCipher kept = refused;
            if (kept != null) {
                if (!raw().offer(kept.buffer(refusedLength), 0, refusedLength, refusedLast)) {
                    return;
                }
                refused = null;
                SealSecrets agreed = secrets;
                if (agreed != null) {
                    agreed.ciphers().giveBack(kept);
                }
            }
            if (!waiting) {
                return;
            }
            waiting = false;
        } finally {
            sending.unlock();
        }
        above.writable();
    }

    @Override
    public void opened() {
        above.opened();
    }

    @Override
    public void data(byte[] bytes) {
        if (plain) {
            above.data(bytes);
        } else {
            data(new ArrivedArray(bytes));
        }
    }

    @Override
    public void data(Arrived bytes) {
        if (plain) {
            above.data(bytes);
            return;
        }
        if (failed) {
            return;
        }
        int[] handed = {0};
        try {
            if (!openedHere) {
                readNumber(bytes);
            }
            RecordOpener ready = opener;
            if (ready != null) {
                ready.feed(bytes, plain -> {
                    handed[0]++;
                    above.data(plain);
                });
            } else if (bytes.remaining() > 0) {
                throw RecordOpener.forged("bytes arrived on a sealed stream before its number");
            }
        } catch (StoqException e) {
            violated(e);
            return;
        }
        if (handed[0] == 0) {
            // nobody above asks for more as long as nothing has come up
            raw().demand();
        }
    }

    /** Reads the number that a peer's stream begins with, as far as it is there. */
    private void readNumber(Arrived bytes) {
        int n = Math.min(NUMBER_BYTES - numberFilled, bytes.remaining());
        bytes.take(number, numberFilled, n);
        numberFilled += n;
        SealSecrets agreed = secrets;
        if (numberFilled == NUMBER_BYTES && opener == null && agreed != null) {
            long peers = ByteBuffer.wrap(number).getLong();
            if (!agreed.isFresh(peers)) {
                throw RecordOpener.forged(
                        "the number " + Long.toUnsignedString(peers) + " of a sealed stream was used");
            }
            opener = agreed.opener(false, peers);
            boolean tell;
            sending.lock();
            try {
                sealer = agreed.sealer(false, peers);
                tell = waiting;
                waiting = false;
            } finally {
                sending.unlock();
            }
            if (tell) {
                above.writable();
            }
        }
    }

    @Override
    public void end() {
        if (plain) {
            above.end();
            return;
        }
        if (failed) {
            return;
        }
        RecordOpener ready = opener;
        if (ready == null || !ready.complete()) {
            violated(RecordOpener.forged("a sealed stream ended without its last record: it was cut"));
            return;
        }
        above.end();
    }

    /** Sealed streams end with a record. */
    @Override
    public void endSentAlone(long bytes) {
        if (plain) {
            above.endSentAlone(bytes);
        }
    }

    private void violated(StoqException why) {
        failed = true;
        forget();
        above.failed(why);
        violated.accept(why);
    }

    @Override
    public void reset(OptionalLong code) {
        above.reset(code);
    }

    @Override
    public void stopped(OptionalLong code) {
        forget();
        above.stopped(code);
    }

    @Override
    public void failed(StoqException reason) {
        forget();
        above.failed(reason);
    }

    private void forget() {
        sending.lock();
        try {
            over = true;
            refused = null;
        } finally {
            sending.unlock();
        }
    }

    @Override
    public void resetSending(long code) {
        forget();
        raw().resetSending(code);
    }

    @Override
    public void stopSending(long code) {
        raw().stopSending(code);
    }

    @Override
    public void reset(long code) {
        forget();
        raw().reset(code);
    }

    private RawStream raw() {
        RawStream engineStream = raw;
        if (engineStream == null) {
            throw new IllegalStateException("the stream is used before it was opened");
        }
        return engineStream;
    }
}
