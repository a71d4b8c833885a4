package online.hypermesh.api.block;

import java.io.InputStream;

/**
 * A sealed block whose data key is at hand. Segments are read, checked against the header's commitment and decrypted only as
 * they are asked for; no byte is given out before its segment was checked. Memory does not depend on the block's length.
 * Confined to one thread.
 */
public interface OpenedBlock extends AutoCloseable {
    /**
     * Its public header.
     *
     * @return the header
     */
    SealedHeader header();

    /**
     * Length of the plaintext in bytes.
     *
     * @return at most what the reader allowed
     */
    int length();

    /**
     * Reads plaintext at a position.
     *
     * @param position first byte, at least 0
     * @param to where to
     * @param offset first byte of the target
     * @param length how many; {@code position + length} is at most {@link #length()}
     * @throws online.hypermesh.api.error.HypermeshException CORRUPTED when a segment was changed, cut off or moved
     * @throws IndexOutOfBoundsException for a range outside of the plaintext or the target
     */
    void read(int position, byte[] to, int offset, int length);

    /**
     * All plaintext.
     *
     * @return a fresh array
     * @throws online.hypermesh.api.error.HypermeshException CORRUPTED as for {@link #read}; MALFORMED when the padding
     *     is not zero
     */
    byte[] readAll();

    /**
     * The plaintext from its beginning. Its methods throw what {@link #readAll()} throws.
     *
     * @return a stream that needs no closing
     */
    InputStream stream();

    /**
     * Proves 64 KiB of the plaintext to somebody who cannot read the block.
     *
     * @param segment which, from 0; the last one may be shorter
     * @return the proof
     * @throws online.hypermesh.api.error.HypermeshException NOT_FOUND when the author committed to no plaintext, CORRUPTED
     *     when that commitment is of something else
     */
    Disclosure disclose(int segment);

    /** Wipes the keys; idempotent. */
    @Override
    void close();
}
