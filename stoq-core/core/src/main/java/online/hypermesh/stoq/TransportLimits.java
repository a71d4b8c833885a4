package online.hypermesh.stoq;

import java.time.Duration;

/**
 * Times and sizes that bound what peers can make a transport do. Immutable.
 *
 * @param handshakeTimeout longest time for TLS and hello together, 100 ms..1 min; peers are judged again as often
 * @param idleTimeout a connection from which nothing is heard for so long is given up, 200 ms..10 min
 * @param keepAlive how often the dialing side makes sure that something is heard; less than half of {@code idleTimeout}
 * @param maxHandshakes inbound handshakes in flight; further ones are refused with BUSY
 * @param maxConnections open connections; further inbound ones are refused with BUSY
 * @param maxStreams streams a peer may have open per connection
 * @param streamWindowBytes bytes a peer may send ahead of the reader per stream
 * @param connectionWindowBytes bytes a peer may send ahead of the readers per connection
 */
public record TransportLimits(
        Duration handshakeTimeout,
        Duration idleTimeout,
        Duration keepAlive,
        int maxHandshakes,
        int maxConnections,
        int maxStreams,
        int streamWindowBytes,
        int connectionWindowBytes) {
    /** Ten seconds to shake hands, three to be missed, 4096 streams, windows of 4 and 16 MiB. */
    public static final TransportLimits DEFAULT = new TransportLimits(
            Duration.ofSeconds(10), Duration.ofSeconds(3), Duration.ofMillis(700), 256, 4096, 4096, 4 << 20, 16 << 20);

    /**
     * Checks the ranges.
     *
     * @param handshakeTimeout handshake time
     * @param idleTimeout idle time
     * @param keepAlive keep-alive interval
     * @param maxHandshakes handshakes in flight
     * @param maxConnections open connections
     * @param maxStreams streams per connection
     * @param streamWindowBytes window per stream
     * @param connectionWindowBytes window per connection
     */
    public TransportLimits {
        within("handshakeTimeout in ms", handshakeTimeout.toMillis(), 100, 60_000);
        within("idleTimeout in ms", idleTimeout.toMillis(), 200, 600_000);
        within("keepAlive in ms", keepAlive.toMillis(), 20, idleTimeout.toMillis() / 2);
        within("maxHandshakes", maxHandshakes, 1, 1 << 16);
        within("maxConnections", maxConnections, 1, 1 << 20);
        within("maxStreams", maxStreams, 2, 1 << 20);
        within("streamWindowBytes", streamWindowBytes, 1 << 16, 1 << 28);
        within("connectionWindowBytes", connectionWindowBytes, streamWindowBytes, 1 << 29);
    }

    private static void within(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be in " + min + ".." + max + ", was " + value);
        }
    }

    /**
     * The same with another handshake time.
     *
     * @param timeout handshake time
     * @return the limits
     */
    public TransportLimits withHandshakeTimeout(Duration timeout) {
        return new TransportLimits(
                timeout,
                idleTimeout,
                keepAlive,
                maxHandshakes,
                maxConnections,
                maxStreams,
                streamWindowBytes,
                connectionWindowBytes);
    }

    /**
     * The same with other idle and keep-alive times.
     *
     * @param idle idle time
     * @param interval keep-alive interval
     * @return the limits
     */
    public TransportLimits withIdleTimeout(Duration idle, Duration interval) {
        return new TransportLimits(
                handshakeTimeout,
                idle,
                interval,
                maxHandshakes,
                maxConnections,
                maxStreams,
                streamWindowBytes,
                connectionWindowBytes);
    }

    /**
     * The same with other numbers of handshakes, connections and streams.
     *
     * @param handshakes inbound handshakes in flight
     * @param connections open connections
     * @param streams streams per connection
     * @return the limits
     */
    public TransportLimits withCounts(int handshakes, int connections, int streams) {
        return new TransportLimits(
                handshakeTimeout,
                idleTimeout,
                keepAlive,
                handshakes,
                connections,
                streams,
                streamWindowBytes,
                connectionWindowBytes);
    }
}
