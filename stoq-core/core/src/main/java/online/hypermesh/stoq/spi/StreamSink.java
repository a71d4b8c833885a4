package online.hypermesh.stoq.spi;

import java.util.OptionalLong;
import online.hypermesh.stoq.StoqException;

/** Receives a stream's events, one at a time, on an engine thread; does not block. */
public interface StreamSink {
    /** A stream of this side exists now: the peer allowed it, and {@link RawStream#id} is known. */
    void opened();

    /**
     * Bytes arrived.
     *
     * @param bytes the receiver's from now on, at least one
     */
    void data(byte[] bytes);

    /**
     * Bytes arrived that are still in the engine's memory. A receiver that copies them anyway takes them from there.
     *
     * @param bytes at least one; all are taken
     */
    default void data(Arrived bytes) {
        byte[] own = new byte[bytes.remaining()];
        bytes.take(own, 0, own.length);
        data(own);
    }

    /** The peer will send no more. */
    void end();

    /**
     * What this side sends on the stream has ended in a frame without bytes, which the engine does not send again in every
     * case when it gets lost: whoever can tells the peer by other means, too.
     *
     * @param bytes how many were sent before
     */
    default void endSentAlone(long bytes) {}

    /** A refused offer may be repeated. */
    void writable();

    /**
     * The peer gave up sending; no data follows. The other direction goes on.
     *
     * @param code the peer's application error code, if the engine can tell it
     */
    void reset(OptionalLong code);

    /**
     * The peer wants no more bytes; what is offered from now on is lost. The other direction goes on.
     *
     * @param code the peer's application error code, if the engine can tell it
     */
    void stopped(OptionalLong code);

    /**
     * The stream failed in both directions; nothing follows.
     *
     * @param reason CLOSED, UNREACHABLE or BUSY
     */
    void failed(StoqException reason);
}
