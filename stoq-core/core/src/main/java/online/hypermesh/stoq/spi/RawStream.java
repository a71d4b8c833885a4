package online.hypermesh.stoq.spi;

/** An engine's bidirectional stream. Thread-safe. */
public interface RawStream {
    /**
     * Number of the stream within the connection, counted per direction.
     *
     * @return the number
     */
    long id();

    /** Asks for more: one or a few calls of {@link StreamSink#data} may follow, until demanded again. Never blocks. */
    void demand();

    /**
     * Takes bytes for sending, all or none; never blocks. After a refusal {@link StreamSink#writable} is called once.
     *
     * @param bytes holds the bytes; copied or sent before return
     * @param offset first byte
     * @param length number of bytes, may be 0
     * @param last whether the stream ends in this direction
     * @return false if too much is waiting already
     */
    boolean offer(byte[] bytes, int offset, int length, boolean last);

    /**
     * Gives up both directions; no event follows. Idempotent, also after the end.
     *
     * @param code application error code
     */
    void reset(long code);
}
