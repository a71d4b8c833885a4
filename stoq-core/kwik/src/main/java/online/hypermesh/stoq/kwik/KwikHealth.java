package online.hypermesh.stoq.kwik;

import java.util.concurrent.atomic.LongAdder;

/** Counts of what goes wrong beneath the engine's connections and is put right. Thread-safe. */
public final class KwikHealth {
    private final LongAdder nudges = new LongAdder();
    private final LongAdder stalls = new LongAdder();
    private final LongAdder socketFailures = new LongAdder();
    private final LongAdder refusedInitials = new LongAdder();
    private final LongAdder heldAnswers = new LongAdder();

    KwikHealth() {}

    /**
     * How often a writer that waited for {@link KwikSettings#NUDGE_AFTER_MILLIS} or longer asked Kwik to send again. Most
     * of these were not needed: a writer also waits for a slow peer.
     *
     * @return the count
     */
    public long nudges() {
        return nudges.sum();
    }

    /**
     * How many writes of at most {@link KwikSettings#WRITE_PIECE_BYTES} took longer than {@link
     * KwikSettings#STALL_MILLIS}. A peer that does not read causes them too.
     *
     * @return the count
     */
    public long stalls() {
        return stalls.sum();
    }

    /**
     * How many datagrams the system would not send or receive; to QUIC they are lost packets.
     *
     * @return the count
     */
    public long socketFailures() {
        return socketFailures.sum();
    }

    /**
     * How many first datagrams of new connections were dropped because too many handshakes were in flight.
     *
     * @return the count
     */
    public long refusedInitials() {
        return refusedInitials.sum();
    }

    /**
     * How often the first answer to a dialed connection was held back for a second because Kwik did not show that it
     * could take it. Always 0 with the version of Kwik this engine is made for.
     *
     * @return the count
     */
    public long heldAnswers() {
        return heldAnswers.sum();
    }

    void nudged() {
        nudges.increment();
    }

    void stalled() {
        stalls.increment();
    }

    void socketFailed() {
        socketFailures.increment();
    }

    void answerHeldForLong() {
        heldAnswers.increment();
    }

    void initialRefused() {
        refusedInitials.increment();
    }

    @Override
    public String toString() {
        return "KwikHealth[nudges " + nudges() + ", stalls " + stalls() + ", socket failures " + socketFailures()
                + ", refused initials " + refusedInitials() + ", held answers " + heldAnswers() + "]";
    }
}
