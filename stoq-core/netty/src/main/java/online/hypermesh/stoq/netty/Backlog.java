package online.hypermesh.stoq.netty;

import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionStats;
import java.util.function.LongSupplier;

/**
 * How much of what a connection handed to the library has not left yet. The library takes as much as the congestion window has
 * room for, again and again while packets arrive, sends from all streams in turns, and tells nobody what it holds; so this
 * reckons with what it says that it sent. An estimate: packets carry more than streams. Confined to the event loop.
 */
final class Backlog {
    /** More than the packets that are acknowledged together, so that the library never waits for bytes. */
    static final long FULL_BYTES = 256 * 1024;

    /** Of each packet: head, connection id, number, the frame's head and the tag. */
    private static final int PACKET_OVERHEAD_BYTES = 46;

    private final LongSupplier sent;
    private long handedBytes;

    /** What had been sent when {@link #handedBytes} was 0. */
    private long sentBefore;

    private long sentWhenAsked;

    /** @param sent bytes that were sent so far */
    Backlog(LongSupplier sent) {
        this.sent = sent;
    }

    /** The library took so many bytes of a stream. */
    void handed(int bytes) {
        handedBytes += bytes;
    }

    /** Whether the library has enough to send for now. */
    boolean isFull() {
        if (handedBytes < FULL_BYTES) {
            return false;
        }
        long now = sent.getAsLong();
        if (handedBytes - (now - sentBefore) < 0) {
            // other packets were counted, or the estimate is too low: nothing waits
            handedBytes = 0;
            sentBefore = now;
        }
        return handedBytes - (now - sentBefore) >= FULL_BYTES;
    }

    /** Whether nothing was sent since this was last asked. */
    boolean isStuck() {
        long now = sent.getAsLong();
        boolean stuck = now == sentWhenAsked;
        sentWhenAsked = now;
        return stuck;
    }

    /** Begins anew: what is stuck tells nothing of what can be sent. */
    void forget() {
        handedBytes = 0;
        sentBefore = sent.getAsLong();
    }

    /** Bytes of streams that have left in packets, as far as the library tells. */
    static long sentBy(QuicChannel channel) {
        QuicConnectionStats told = channel.isActive() ? channel.collectStats().getNow() : null;
        return told == null ? 0 : told.sentBytes() - told.streamRetransBytes() - PACKET_OVERHEAD_BYTES * told.sent();
    }
}
