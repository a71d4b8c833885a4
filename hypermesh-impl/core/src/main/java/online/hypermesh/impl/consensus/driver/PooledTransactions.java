package online.hypermesh.impl.consensus.driver;

import java.util.List;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.impl.consensus.PendingTransactions;
import online.hypermesh.impl.ledger.Admission;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * A {@link Mempool} beside the {@link LedgerTree} whose nonces and gate it follows: what the gate refuses on top of the
 * newest finalized block does not get in. {@link #offer}, {@link #contains} and {@link #isEmpty} may be called from any
 * thread.
 */
public final class PooledTransactions implements PendingTransactions {
    private final Mempool pool;
    private final LedgerTree tree;
    private volatile Admission gate;

    /**
     * Joins the two.
     *
     * @param pool waiting transactions
     * @param tree the tree the consensus core works on
     */
    public PooledTransactions(Mempool pool, LedgerTree tree) {
        this.pool = pool;
        this.tree = tree;
        this.gate = tree.admission(tree.finalizedHead().id());
    }

    @Override
    public Verdict offer(BodyEntry entry) {
        return pool.offer(entry, gate);
    }

    @Override
    public boolean contains(Digest id) {
        return pool.contains(id);
    }

    @Override
    public boolean isSpent(BodyEntry entry) {
        return pool.isSpent(entry);
    }

    @Override
    public boolean isEmpty() {
        return pool.isEmpty();
    }

    @Override
    public List<BodyEntry> candidates(int maxBytes, Digest parentId) {
        return pool.candidates(maxBytes, tree.nonces(parentId));
    }

    @Override
    public void finalized(List<Block> blocks, Digest headId) {
        gate = tree.admission(headId);
        pool.finalized(blocks, tree.nonces(headId));
    }
}
