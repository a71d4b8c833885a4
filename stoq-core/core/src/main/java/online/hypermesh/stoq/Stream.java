package online.hypermesh.stoq;

/**
 * A reliable, ordered, bidirectional byte stream within a connection. One thread may read while another writes; two readers
 * or two writers must take turns. Every stream must be read to its end or reset, or it keeps occupying one of the peer's
 * stream credits.
 */
public interface Stream extends SendStream, ReceiveStream {
    /**
     * Gives the stream up in both directions; what was not delivered is lost. The peer's reads fail with STREAM_RESET, its
     * writes with STREAM_STOPPED. Idempotent.
     *
     * @param code tells the peer why, 0..2^31-1
     */
    void reset(long code);
}
