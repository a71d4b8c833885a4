package online.hypermesh.trustchain.api.certificates;

import java.time.Duration;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/** Gets the evidence that a leaf's record is finalized. Thread-safe. */
@FunctionalInterface
public interface StapleSource {
    /** For networks without consensus yet: no leaf carries a staple. */
    StapleSource NONE = (issuer, entryHash, timeout) -> new byte[0];

    /**
     * Waits until a leaf's record is finalized and proves it.
     *
     * @param issuer the issuing validator
     * @param entryHash hash of the leaf's log entry
     * @param timeout longest wait
     * @return an encoded state proof; empty where leaves need none
     * @throws online.hypermesh.stoq.base.error.CodedException when the proof cannot be had in time
     */
    byte[] staple(NodeId issuer, Digest entryHash, Duration timeout);
}
