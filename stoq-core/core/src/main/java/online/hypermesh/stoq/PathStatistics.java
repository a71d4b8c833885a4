package online.hypermesh.stoq;

import java.util.OptionalLong;

/**
 * What an engine knows about the path to the peer. A figure that the engine cannot tell is empty: the in-memory engine knows
 * none of them, the native engine all, Kwik those its documentation names.
 *
 * @param roundTripNanos smoothed round-trip time
 * @param congestionWindowBytes how much may be under way unacknowledged
 * @param pathMtuBytes largest UDP payload that the path is known to carry
 * @param packetsSent QUIC packets sent
 * @param packetsReceived QUIC packets received
 * @param packetsLost QUIC packets declared lost
 * @param bytesSent bytes of these packets
 * @param bytesReceived bytes of these packets
 */
public record PathStatistics(
        OptionalLong roundTripNanos,
        OptionalLong congestionWindowBytes,
        OptionalLong pathMtuBytes,
        OptionalLong packetsSent,
        OptionalLong packetsReceived,
        OptionalLong packetsLost,
        OptionalLong bytesSent,
        OptionalLong bytesReceived) {
    /** Nothing is known. */
    public static final PathStatistics UNKNOWN = new PathStatistics(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());
}
