package online.hypermesh.stoq;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long a peer that has proven itself once may come back with a ticket instead of signatures. A ticket counts for one
 * node, leaf and network; the {@link PeerVerifier} is asked all the same. Immutable.
 *
 * @param ticketLifetime how long a ticket counts, up to 24 h and never beyond the window of the leaf it was issued to;
 *     zero issues and uses none
 * @param phase the application's number of the rules in force, never negative; tickets issued under another number do not
 *     count
 */
public record Resumption(Duration ticketLifetime, LongSupplier phase) {
    /** Longest lifetime of a ticket. */
    public static final Duration MAX_LIFETIME = Duration.ofHours(24);

    /** Tickets for an hour, whatever the application does. */
    public static final Resumption DEFAULT = new Resumption(Duration.ofHours(1), () -> 0);

    /** Every connection begins with signatures. */
    public static final Resumption OFF = new Resumption(Duration.ZERO, () -> 0);

    /**
     * Checks the lifetime.
     *
     * @param ticketLifetime lifetime
     * @param phase number of the rules in force
     */
    public Resumption {
        if (ticketLifetime.isNegative() || ticketLifetime.compareTo(MAX_LIFETIME) > 0) {
            throw new IllegalArgumentException(
                    "ticketLifetime must be in 0.." + MAX_LIFETIME + ", was " + ticketLifetime);
        }
    }

    /**
     * Whether tickets are issued and used.
     *
     * @return false if every connection begins with signatures
     */
    public boolean enabled() {
        return ticketLifetime.toSeconds() > 0;
    }
}
