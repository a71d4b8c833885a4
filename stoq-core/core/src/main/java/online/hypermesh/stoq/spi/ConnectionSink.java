package online.hypermesh.stoq.spi;

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
     * The connection ended; comes exactly once. Open streams fail too.
     *
     * @param reason CLOSED, with the peer's code as remote code if the peer closed it, or UNREACHABLE
     */
    void closed(StoqException reason);
}
