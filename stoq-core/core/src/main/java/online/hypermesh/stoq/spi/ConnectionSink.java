package online.hypermesh.stoq.spi;

import java.net.InetSocketAddress;
import online.hypermesh.stoq.StoqException;

/** Receives a connection's events, one at a time, on an engine thread; does not block. */
public interface ConnectionSink {
    /**
     * The peer opened a stream, in the order in which the peer opened them as far as the first is concerned.
     *
     * @param stream the stream
     * @return receives the stream's events; the first {@link RawStream#demand} starts them
     */
    StreamSink stream(RawStream stream);

    /**
     * A datagram arrived.
     *
     * @param bytes the receiver's from now on
     */
    void datagram(byte[] bytes);

    /**
     * The peer's packets come from another address now, and that path was validated.
     *
     * @param from address before
     * @param to address now
     */
    void moved(InetSocketAddress from, InetSocketAddress to);

    /**
     * The connection ended; comes exactly once. Open streams fail too.
     *
     * @param reason CLOSED, with the peer's code as remote code if the peer closed it, or UNREACHABLE
     */
    void closed(StoqException reason);
}
