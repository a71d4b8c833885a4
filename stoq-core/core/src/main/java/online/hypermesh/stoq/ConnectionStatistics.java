package online.hypermesh.stoq;

/**
 * How a connection does.
 *
 * @param path what the engine knows about the path
 * @param streamBytesSent bytes of streams that the engine took
 * @param streamBytesReceived bytes of streams that arrived here
 * @param streamsOpened streams that this side opened
 * @param streamsAccepted streams that the peer opened
 * @param streamsUnderWay streams of both that have not ended in both directions
 * @param datagramsSent datagrams that the engine took
 * @param datagramsReceived datagrams that arrived here
 * @param datagramsDropped datagrams that were dropped here because too many waited, in either direction, or because they came
 *     before the hello was complete
 */
public record ConnectionStatistics(
        PathStatistics path,
        long streamBytesSent,
        long streamBytesReceived,
        long streamsOpened,
        long streamsAccepted,
        long streamsUnderWay,
        long datagramsSent,
        long datagramsReceived,
        long datagramsDropped) {}
