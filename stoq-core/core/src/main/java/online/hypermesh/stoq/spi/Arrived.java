package online.hypermesh.stoq.spi;

/** Bytes of a stream that arrived and lie in the engine's memory; valid during the call that hands them over, on its thread. */
public interface Arrived {
    /**
     * How many have not been taken.
     *
     * @return number of bytes
     */
    int remaining();

    /**
     * Copies the next bytes, which then count as taken.
     *
     * @param to receives them
     * @param offset where in it
     * @param length how many, at most {@link #remaining()}
     */
    void take(byte[] to, int offset, int length);
}
