package online.hypermesh.stoq.messaging;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.stoq.Stream;
import org.jspecify.annotations.Nullable;

/** What one peer has under way here, over all its connections. Thread-safe. */
final class InboundPeer {
    /** Bytes of requests, and of answers it has not taken, that a peer may have in memory. */
    private static final long MAX_BYTES = 64L << 20;

    private final AtomicLong bytes = new AtomicLong();
    private final PeerTurns requests;
    private final PeerTurns exchanges;
    private final Map<Integer, Mailbox> mailboxes = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Stream> messages = new AtomicReference<>();

    InboundPeer(PeerTurns requests, PeerTurns exchanges) {
        this.requests = requests;
        this.exchanges = exchanges;
    }

    PeerTurns requests() {
        return requests;
    }

    PeerTurns exchanges() {
        return exchanges;
    }

    Map<Integer, Mailbox> mailboxes() {
        return mailboxes;
    }

    /** Takes memory; whether the peer still has no more than its share. */
    boolean reserve(long more) {
        return bytes.addAndGet(more) <= MAX_BYTES;
    }

    void release(long fewer) {
        bytes.addAndGet(-fewer);
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
