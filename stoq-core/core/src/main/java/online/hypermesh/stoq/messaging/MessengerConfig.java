package online.hypermesh.stoq.messaging;

import java.util.random.RandomGenerator;
import online.hypermesh.stoq.TransportMetrics;

/**
 * How a messenger works. Immutable, but for the state of {@code random}.
 *
 * @param pool connections to one peer for requests; messages have one more of their own
 * @param race how several addresses of one peer are tried
 * @param maxRequestsPerPeer requests and calls of this side under way to one peer, 1..65536; further ones fail with BUSY
 * @param random spreads the waits between attempts; thread-safe
 * @param metrics told what happens
 */
public record MessengerConfig(
        PoolSettings pool, RaceTimes race, int maxRequestsPerPeer, RandomGenerator random, TransportMetrics metrics) {
    /** One connection per peer and kind, 4096 requests under way to a peer. */
    public static final MessengerConfig DEFAULT = new MessengerConfig(
            PoolSettings.DEFAULT, RaceTimes.DEFAULT, 4096, new SharedRandom(), TransportMetrics.NONE);

    /**
     * Checks the ranges.
     *
     * @param pool pool
     * @param race race
     * @param maxRequestsPerPeer requests under way
     * @param random randomness
     * @param metrics metrics
     */
    public MessengerConfig {
        if (maxRequestsPerPeer < 1 || maxRequestsPerPeer > 65_536) {
            throw new IllegalArgumentException("maxRequestsPerPeer must be in 1..65536, was " + maxRequestsPerPeer);
        }
    }

    /**
     * The same with another pool.
     *
     * @param settings pool
     * @return the configuration
     */
    public MessengerConfig withPool(PoolSettings settings) {
        return new MessengerConfig(settings, race, maxRequestsPerPeer, random, metrics);
    }

    /**
     * The same with other times for several addresses.
     *
     * @param times race
     * @return the configuration
     */
    public MessengerConfig withRace(RaceTimes times) {
        return new MessengerConfig(pool, times, maxRequestsPerPeer, random, metrics);
    }

    /**
     * The same with another bound on requests under way.
     *
     * @param requests to one peer
     * @return the configuration
     */
    public MessengerConfig withMaxRequestsPerPeer(int requests) {
        return new MessengerConfig(pool, race, requests, random, metrics);
    }

    /**
     * The same with other randomness.
     *
     * @param generator thread-safe
     * @return the configuration
     */
    public MessengerConfig withRandom(RandomGenerator generator) {
        return new MessengerConfig(pool, race, maxRequestsPerPeer, generator, metrics);
    }

    /**
     * The same with somebody who is told what happens.
     *
     * @param listener thread-safe, quick
     * @return the configuration
     */
    public MessengerConfig withMetrics(TransportMetrics listener) {
        return new MessengerConfig(pool, race, maxRequestsPerPeer, random, listener);
    }
}
