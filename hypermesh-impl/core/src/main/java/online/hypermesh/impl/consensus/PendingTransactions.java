package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Transactions that wait for a block; bounded. {@link #offer}, {@link #contains} and {@link #isEmpty} are thread-safe, the
 * others belong to the core's thread.
 */
public interface PendingTransactions {
    /**
     * Takes an entry in.
     *
     * @param entry not yet checked
     * @return accepted, or why not
     */
    Verdict offer(BodyEntry entry);

    /**
     * Whether an entry waits.
     *
     * @param id its id
     * @return true if so
     */
    boolean contains(Digest id);

    /**
     * Whether an entry is final, or can never be: a nonce of its sender that is not below its first is final.
     *
     * @param entry the entry
     * @return true if so
     */
    boolean isSpent(BodyEntry entry);

    /**
     * Whether nothing waits.
     *
     * @return true if so
     */
    boolean isEmpty();

    /**
     * What a leader should try to include in a child of a known block; without what the block or its ancestors hold.
     *
     * @param maxBytes limit of their encoded bytes
     * @param parentId the block
     * @return in order of preference
     */
    List<BodyEntry> candidates(int maxBytes, Digest parentId);

    /**
     * Forgets what became final, and what became impossible by it.
     *
     * @param blocks newly final, oldest first
     * @param headId id of the newest
     */
    void finalized(List<Block> blocks, Digest headId);
}
