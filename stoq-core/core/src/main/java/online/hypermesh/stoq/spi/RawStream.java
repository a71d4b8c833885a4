package online.hypermesh.stoq.spi;

/** An engine's stream, bidirectional or not. Thread-safe. */
public interface RawStream {
    /**
     * Number of the stream within the connection.
     *
     * @return the QUIC stream id, or -1 until the peer has allowed the stream
     */
    long id();

    /**
     * Whether bytes flow in one direction only: from the side that opened it.
     *
     * @return true for a unidirectional stream
     */
    boolean unidirectional();

    /** Asks for more: one or a few calls of {@link StreamSink#data} may follow, until demanded again. Never blocks. */
    void demand();

    /**
     * Takes bytes for sending, all or none; never blocks. After a refusal {@link StreamSink#writable} is called once. The
     * first offer opens the stream, even one of no bytes; the peer may learn of it with the first byte only.
     *
     * @param bytes holds the bytes; copied or sent before return
     * @param offset first byte
     * @param length number of bytes, may be 0
     * @param last whether the stream ends in this direction
     * @return false if too much is waiting already
     */
    boolean offer(byte[] bytes, int offset, int length, boolean last);

    /**
     * Gives up sending (RESET_STREAM). Idempotent, without effect after the end.
     *
     * @param code application error code
     */
    void resetSending(long code);

    /**
     * Asks the peer to send no more (STOP_SENDING); no data follows. Idempotent, without effect after the end.
     *
     * @param code application error code
     */
    void stopSending(long code);

    /**
     * Gives up both directions, as far as they exist; no event follows. Idempotent, also after the end.
     *
     * @param code application error code
     */
    void reset(long code);
}
