package online.hypermesh.impl.content.exchange;

import java.time.Duration;

/**
 * How packs are moved. Immutable.
 *
 * @param window packs under way to one peer at a time, 1..64; with up to 4 MiB each
 * @param packDeadline longest wait for one pack to be stored or fetched
 * @param commitDeadline longest wait for a quorum of receipts
 * @param pauseAfterFailure how long a peer that failed is left alone before it is tried again, with one request
 */
public record ExchangeSettings(int window, Duration packDeadline, Duration commitDeadline, Duration pauseAfterFailure) {
    /** Eight packs, 10 s per pack, 60 s per commit, one second of pause. */
    public static final ExchangeSettings DEFAULT =
            new ExchangeSettings(8, Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofSeconds(1));

    /**
     * Checks every range.
     *
     * @param window 1..64
     * @param packDeadline positive
     * @param commitDeadline positive
     * @param pauseAfterFailure positive
     */
    public ExchangeSettings {
        if (window < 1 || window > 64) {
            throw new IllegalArgumentException("window must be in 1..64, was " + window);
        }
        positive("packDeadline", packDeadline);
        positive("commitDeadline", commitDeadline);
        positive("pauseAfterFailure", pauseAfterFailure);
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be positive, was " + value);
        }
    }
}
