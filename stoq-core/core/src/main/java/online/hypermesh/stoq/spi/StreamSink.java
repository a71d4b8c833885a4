package online.hypermesh.stoq.spi;

import online.hypermesh.stoq.StoqException;

/** Receives a stream's events, one at a time, on an engine thread; does not block. */
public interface StreamSink {
    /**
     * Bytes arrived.
     *
     * @param bytes the receiver's from now on, at least one
     */
    void data(byte[] bytes);

    /** The peer will send no more. */
    void end();

    /** A refused offer may be repeated. */
    void writable();

    /**
     * The stream failed in both directions; nothing follows.
     *
     * @param reason STREAM_RESET with the peer's code as remote code, CLOSED, UNREACHABLE or BUSY
     */
    void failed(StoqException reason);
}
