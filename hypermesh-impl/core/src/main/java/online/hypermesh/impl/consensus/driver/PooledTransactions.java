package online.hypermesh.impl.consensus.driver;

import java.util.List;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.PendingTransactions;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.stoq.base.crypto.Digest;

/** A {@link Mempool} beside the {@link LedgerTree} whose nonces it follows. */
public final class PooledTransactions implements PendingTransactions {
    private final Mempool pool;
    private final LedgerTree tree;

    /**
     * Joins the two.
     *
     * @param pool waiting transactions
     * @param tree the tree the consensus core works on
     */
    public PooledTransactions(Mempool pool, LedgerTree tree) {
        this.pool = pool;
        this.tree = tree;
    }

    @Override
    public Verdict offer(Transaction transaction) {
        return pool.offer(transaction);
    }

    @Override
    public boolean contains(Digest id) {
        return pool.contains(id);
    }

    @Override
    public boolean isEmpty() {
        return pool.isEmpty();
    }

    @Override
    public List<Transaction> candidates(int maxBytes, Digest parentId) {
        return pool.candidates(maxBytes, tree.nonces(parentId));
    }

    @Override
    public void finalized(List<Block> blocks, Digest headId) {
        pool.finalized(blocks, tree.nonces(headId));
    }
}
