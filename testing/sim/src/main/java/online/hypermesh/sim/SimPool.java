package online.hypermesh.sim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.impl.consensus.PendingTransactions;
import online.hypermesh.stoq.base.crypto.Digest;

/** Transactions in order of arrival. Confined. */
final class SimPool implements PendingTransactions {
    private final SimTree tree;
    private final Map<Digest, BodyEntry> waiting = new LinkedHashMap<>();

    SimPool(SimTree tree) {
        this.tree = tree;
    }

    @Override
    public Verdict offer(BodyEntry t) {
        if (waiting.containsKey(t.id()) || tree.spent(t)) {
            return Verdict.rejected(Code.CONFLICT, "spent or waiting");
        }
        waiting.put(t.id(), t);
        return Verdict.ACCEPTED;
    }

    @Override
    public boolean contains(Digest id) {
        return waiting.containsKey(id);
    }

    @Override
    public boolean isSpent(BodyEntry t) {
        return tree.spent(t);
    }

    @Override
    public boolean isEmpty() {
        return waiting.isEmpty();
    }

    @Override
    public List<BodyEntry> candidates(int maxBytes, Digest parentId) {
        return waiting.values().stream().filter(t -> !tree.spent(parentId, t)).toList();
    }

    @Override
    public void finalized(List<Block> blocks, Digest headId) {
        waiting.values().removeIf(t -> tree.spent(headId, t));
    }
}
