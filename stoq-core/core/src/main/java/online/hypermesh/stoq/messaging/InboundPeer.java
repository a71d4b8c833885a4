package online.hypermesh.stoq.messaging;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import online.hypermesh.stoq.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one peer has under way here, over all its connections, also those that are gone: a peer that connects again has what
 * its requests still take here. Thread-safe.
 */
final class InboundPeer {
    /** Bytes of requests, and of answers it has not taken, that a peer may have in memory. */
    private static final long MAX_BYTES = 64L << 20;

    private final Consumer<InboundPeer> onIdle;
    private final AtomicLong bytes = new AtomicLong();
    private final PeerTurns requests;
    private final PeerTurns exchanges;
    private final Map<Integer, Mailbox> mailboxes = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Stream> messages = new AtomicReference<>();

    private volatile boolean gone;

    /**
     * @param requests makes the turns of requests, given what to do when they are idle
     * @param exchanges makes those of exchanges
     * @param onIdle called when nothing of a peer without a connection is under way any more; may be called again
     */
    InboundPeer(
            Function<Runnable, PeerTurns> requests,
            Function<Runnable, PeerTurns> exchanges,
            Consumer<InboundPeer> onIdle) {
        this.onIdle = onIdle;
        this.requests = requests.apply(this::settled);
        this.exchanges = exchanges.apply(this::settled);
    }

    /** Whether the peer has no connection any more. */
    void gone(boolean now) {
        gone = now;
    }

    /** Whether nothing of the peer is handled, waits or takes memory. */
    boolean idle() {
        return bytes.get() == 0
                && requests.idle()
                && exchanges.idle()
                && mailboxes.values().stream().allMatch(Mailbox::idle);
    }

    private void settled() {
        if (gone && idle()) {
            onIdle.accept(this);
        }
    }

    PeerTurns requests() {
        return requests;
    }

    PeerTurns exchanges() {
        return exchanges;
    }

    /** The messages of the peer to a service. */
    Mailbox mailbox(int service, Executor workers) {
        return mailboxes.computeIfAbsent(service, same -> new Mailbox(workers, System::nanoTime, this::settled));
    }

    /** Takes memory; whether the peer still has no more than its share. */
    boolean reserve(long more) {
        return bytes.addAndGet(more) <= MAX_BYTES;
    }

    void release(long fewer) {
        if (bytes.addAndGet(-fewer) == 0) {
            settled();
        }
    }

    /** Memory that is taken now. */
    long reserved() {
        return bytes.get();
    }

    static long maxBytes() {
        return MAX_BYTES;
    }

    /** A peer has one stream of messages; what still comes on an older one would only take memory. */
    void messagesOn(Stream stream) {
        Stream older = messages.getAndSet(stream);
        if (older != null && older.connection().closed().isEmpty()) {
            older.reset(Wire.RESET_GIVEN_UP);
        }
    }

    boolean takesMessagesOn(Stream stream) {
        return messages.get() == stream;
    }
}
