package online.hypermesh.trustchain.api.log;

import online.hypermesh.stoq.base.id.NodeId;

/** One issuer's append-only Merkle log. Thread-safe. */
public interface TransparencyLog extends AutoCloseable {
    /** Largest entry in bytes. */
    int MAX_ENTRY_BYTES = 16_384;

    /**
     * The issuer whose log it is.
     *
     * @return its node identity
     */
    NodeId owner();

    /**
     * Adds an entry; when this returns, the entry is on disk.
     *
     * @param entry 1..{@link #MAX_ENTRY_BYTES} bytes
     * @return its index
     * @throws online.hypermesh.trustchain.api.TrustchainException STORAGE_FAILED; the log then stays stopped
     */
    long append(byte[] entry);

    /**
     * Number of entries.
     *
     * @return at least 0
     */
    long size();

    /**
     * One entry.
     *
     * @param index 0..size-1
     * @return its bytes
     */
    byte[] entry(long index);

    /**
     * The newest tree, signed now.
     *
     * @return the head
     */
    TreeHead head();

    /**
     * Proves that an entry is in the tree of a size.
     *
     * @param index 0..size-1
     * @param size 1..{@link #size()}
     * @return the proof
     */
    InclusionProof inclusion(long index, long size);

    /**
     * Proves that one tree extends another.
     *
     * @param oldSize 1..newSize
     * @param newSize up to {@link #size()}
     * @return the proof
     */
    ConsistencyProof consistency(long oldSize, long newSize);

    /** Closes the file; idempotent. */
    @Override
    void close();
}
