package online.hypermesh.stoq;

import java.time.Duration;

/**
 * Times and sizes that bound what peers can make a transport do. Immutable.
 *
 * @param handshakeTimeout longest time for TLS and hello together, 100 ms..1 min; peers are judged again as often
 * @param idleTimeout a connection from which nothing is heard for so long is given up, 200 ms..10 min
 * @param keepAlive how often the dialing side makes sure that something is heard on {@code stoq/1}; less than half of
 *     {@code idleTimeout}
 * @param maxHandshakes inbound handshakes in flight, counted for TLS and for the hello; further clients are left waiting for
 *     a place before TLS, and refused with BUSY before the hello
 * @param retryAboveHandshakes TLS handshakes in flight above which a client must first show that it receives at its address
 *     (QUIC Retry), 0..{@code maxHandshakes}
 * @param maxHandshakesPerSource of the handshakes in flight, those of one source, an IPv4 address or an IPv6 /64; from half
 *     of them on its clients must first show that they receive at their address
 * @param maxConnections open connections of {@code stoq/1}; further inbound ones are refused with BUSY
 * @param maxConnectionsPerPeer accepted connections of one node; the newest is refused with BUSY, so that nobody who dials
 *     again can end what the node has under way
 * @param maxPlainConnections open connections of other protocols than {@code stoq/1}; further inbound ones are closed as busy
 * @param maxStreams streams a peer may have open per connection, for each kind
 * @param streamWindowBytes bytes a peer may send ahead of the reader per stream
 * @param connectionWindowBytes bytes a peer may send ahead of the readers per connection
 * @param sendBufferBytes bytes per stream that wait for the peer before writers do, 16 KiB..64 MiB
 * @param maxDatagramsWaiting datagrams that wait for a reader or for the network, per connection and direction
 * @param maxUdpPayloadBytes largest UDP payload sent, 1200..65527; where the path carries less, it is found out
 */
public record TransportLimits(
        Duration handshakeTimeout,
        Duration idleTimeout,
        Duration keepAlive,
        int maxHandshakes,
        int retryAboveHandshakes,
        int maxHandshakesPerSource,
        int maxConnections,
        int maxConnectionsPerPeer,
        int maxPlainConnections,
        int maxStreams,
        int streamWindowBytes,
        int connectionWindowBytes,
        int sendBufferBytes,
        int maxDatagramsWaiting,
        int maxUdpPayloadBytes) {
    /**
     * Ten seconds to shake hands, three to be missed, 4096 streams, windows of 4 and 16 MiB, Retry above 64 handshakes, UDP
     * payloads of 1452 bytes, which fill an Ethernet frame.
     */
    public static final TransportLimits DEFAULT = new TransportLimits(
            Duration.ofSeconds(10),
            Duration.ofSeconds(3),
            Duration.ofMillis(700),
            256,
            64,
            96,
            4096,
            64,
            1024,
            4096,
            4 << 20,
            16 << 20,
            1 << 20,
            256,
            1452);

    /**
     * Checks the ranges.
     *
     * @param handshakeTimeout handshake time
     * @param idleTimeout idle time
     * @param keepAlive keep-alive interval
     * @param maxHandshakes handshakes in flight
     * @param retryAboveHandshakes handshakes above which addresses are validated
     * @param maxHandshakesPerSource handshakes in flight of one source
     * @param maxConnections open connections
     * @param maxConnectionsPerPeer accepted connections of one node
     * @param maxPlainConnections open connections of other protocols
     * @param maxStreams streams per connection
     * @param streamWindowBytes window per stream
     * @param connectionWindowBytes window per connection
     * @param sendBufferBytes waiting bytes per stream
     * @param maxDatagramsWaiting waiting datagrams
     * @param maxUdpPayloadBytes UDP payload
     */
    public TransportLimits {
        within("handshakeTimeout in ms", handshakeTimeout.toMillis(), 100, 60_000);
        within("idleTimeout in ms", idleTimeout.toMillis(), 200, 600_000);
        within("keepAlive in ms", keepAlive.toMillis(), 20, idleTimeout.toMillis() / 2);
        within("maxHandshakes", maxHandshakes, 1, 1 << 16);
        within("retryAboveHandshakes", retryAboveHandshakes, 0, maxHandshakes);
        within("maxHandshakesPerSource", maxHandshakesPerSource, 1, 1 << 16);
        within("maxConnections", maxConnections, 1, 1 << 20);
        within("maxConnectionsPerPeer", maxConnectionsPerPeer, 1, 1 << 20);
        within("maxPlainConnections", maxPlainConnections, 1, 1 << 20);
        within("maxStreams", maxStreams, 2, 1 << 20);
        within("streamWindowBytes", streamWindowBytes, 1 << 16, 1 << 28);
        within("connectionWindowBytes", connectionWindowBytes, streamWindowBytes, 1 << 29);
        within("sendBufferBytes", sendBufferBytes, 1 << 14, 1 << 26);
        within("maxDatagramsWaiting", maxDatagramsWaiting, 1, 1 << 16);
        within("maxUdpPayloadBytes", maxUdpPayloadBytes, 1200, 65_527);
    }

    private static void within(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be in " + min + ".." + max + ", was " + value);
        }
    }

    /**
     * Starts from these limits to make others.
     *
     * @return a builder holding these
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /**
     * The same with another handshake time.
     *
     * @param timeout handshake time
     * @return the limits
     */
    public TransportLimits withHandshakeTimeout(Duration timeout) {
        return toBuilder().handshakeTimeout(timeout).build();
    }

    /**
     * The same with other idle and keep-alive times.
     *
     * @param idle idle time
     * @param interval keep-alive interval
     * @return the limits
     */
    public TransportLimits withIdleTimeout(Duration idle, Duration interval) {
        return toBuilder().idleTimeout(idle).keepAlive(interval).build();
    }

    /**
     * The same with other numbers of handshakes, connections and streams; addresses are validated above a quarter of the
     * handshakes, and one source has at most half of them.
     *
     * @param handshakes inbound handshakes in flight
     * @param connections open connections
     * @param streams streams per connection
     * @return the limits
     */
    public TransportLimits withCounts(int handshakes, int connections, int streams) {
        return toBuilder()
                .maxHandshakes(handshakes)
                .retryAboveHandshakes(handshakes / 4)
                .maxHandshakesPerSource((handshakes + 1) / 2)
                .maxConnections(connections)
                .maxStreams(streams)
                .build();
    }

    /** Collects what differs from given limits. Confined to one thread. */
    public static final class Builder {
        private Duration handshakeTimeout;
        private Duration idleTimeout;
        private Duration keepAlive;
        private int maxHandshakes;
        private int retryAboveHandshakes;
        private int maxHandshakesPerSource;
        private int maxConnections;
        private int maxConnectionsPerPeer;
        private int maxPlainConnections;
        private int maxStreams;
        private int streamWindowBytes;
        private int connectionWindowBytes;
        private int sendBufferBytes;
        private int maxDatagramsWaiting;
        private int maxUdpPayloadBytes;

        private Builder(TransportLimits from) {
            handshakeTimeout = from.handshakeTimeout;
            idleTimeout = from.idleTimeout;
            keepAlive = from.keepAlive;
            maxHandshakes = from.maxHandshakes;
            retryAboveHandshakes = from.retryAboveHandshakes;
            maxHandshakesPerSource = from.maxHandshakesPerSource;
            maxConnections = from.maxConnections;
            maxConnectionsPerPeer = from.maxConnectionsPerPeer;
            maxPlainConnections = from.maxPlainConnections;
            maxStreams = from.maxStreams;
            streamWindowBytes = from.streamWindowBytes;
            connectionWindowBytes = from.connectionWindowBytes;
            sendBufferBytes = from.sendBufferBytes;
            maxDatagramsWaiting = from.maxDatagramsWaiting;
            maxUdpPayloadBytes = from.maxUdpPayloadBytes;
        }

        /**
         * Sets the handshake time.
         *
         * @param time 100 ms..1 min
         * @return this
         */
        public Builder handshakeTimeout(Duration time) {
            handshakeTimeout = time;
            return this;
        }

        /**
         * Sets the idle time.
         *
         * @param time 200 ms..10 min
         * @return this
         */
        public Builder idleTimeout(Duration time) {
            idleTimeout = time;
            return this;
        }

        /**
         * Sets the keep-alive interval.
         *
         * @param interval at least 20 ms, at most half of the idle time
         * @return this
         */
        public Builder keepAlive(Duration interval) {
            keepAlive = interval;
            return this;
        }

        /**
         * Sets the number of inbound handshakes in flight.
         *
         * @param count 1..65536
         * @return this
         */
        public Builder maxHandshakes(int count) {
            maxHandshakes = count;
            return this;
        }

        /**
         * Sets the number of handshakes above which addresses are validated.
         *
         * @param count 0 for always, at most {@code maxHandshakes}
         * @return this
         */
        public Builder retryAboveHandshakes(int count) {
            retryAboveHandshakes = count;
            return this;
        }

        /**
         * Sets the number of handshakes in flight of one source.
         *
         * @param count 1..65536
         * @return this
         */
        public Builder maxHandshakesPerSource(int count) {
            maxHandshakesPerSource = count;
            return this;
        }

        /**
         * Sets the number of accepted connections of one node.
         *
         * @param count 1..1048576
         * @return this
         */
        public Builder maxConnectionsPerPeer(int count) {
            maxConnectionsPerPeer = count;
            return this;
        }

        /**
         * Sets the number of open connections of other protocols than {@code stoq/1}.
         *
         * @param count 1..1048576
         * @return this
         */
        public Builder maxPlainConnections(int count) {
            maxPlainConnections = count;
            return this;
        }

        /**
         * Sets the number of open connections.
         *
         * @param count 1..1048576
         * @return this
         */
        public Builder maxConnections(int count) {
            maxConnections = count;
            return this;
        }

        /**
         * Sets the number of streams per connection and kind.
         *
         * @param count 2..1048576
         * @return this
         */
        public Builder maxStreams(int count) {
            maxStreams = count;
            return this;
        }

        /**
         * Sets the windows.
         *
         * @param perStream bytes, 64 KiB..256 MiB
         * @param perConnection bytes, at least as many, at most 512 MiB
         * @return this
         */
        public Builder windows(int perStream, int perConnection) {
            streamWindowBytes = perStream;
            connectionWindowBytes = perConnection;
            return this;
        }

        /**
         * Sets the bytes per stream that wait for the peer before writers do.
         *
         * @param bytes 16 KiB..64 MiB
         * @return this
         */
        public Builder sendBufferBytes(int bytes) {
            sendBufferBytes = bytes;
            return this;
        }

        /**
         * Sets the number of datagrams that wait.
         *
         * @param count 1..65536
         * @return this
         */
        public Builder maxDatagramsWaiting(int count) {
            maxDatagramsWaiting = count;
            return this;
        }

        /**
         * Sets the largest UDP payload sent.
         *
         * @param bytes 1200..65527; 1232 fits an MTU of 1280
         * @return this
         */
        public Builder maxUdpPayloadBytes(int bytes) {
            maxUdpPayloadBytes = bytes;
            return this;
        }

        /**
         * Finishes the limits.
         *
         * @return the limits
         * @throws IllegalArgumentException if one is out of its range
         */
        public TransportLimits build() {
            return new TransportLimits(
                    handshakeTimeout,
                    idleTimeout,
                    keepAlive,
                    maxHandshakes,
                    retryAboveHandshakes,
                    maxHandshakesPerSource,
                    maxConnections,
                    maxConnectionsPerPeer,
                    maxPlainConnections,
                    maxStreams,
                    streamWindowBytes,
                    connectionWindowBytes,
                    sendBufferBytes,
                    maxDatagramsWaiting,
                    maxUdpPayloadBytes);
        }
    }
}
