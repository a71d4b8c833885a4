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
        Digest id = t.id();
        if (waiting.containsKey(id) || tree.spent(t)) {
            return Verdict.rejected(Code.CONFLICT, "spent or waiting");
        }
        waiting.put(id, t);
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
        return waiting.isEmpty()
                ? List.of()
                : waiting.values().stream()
                        .filter(tree.spent(parentId).negate())
                        .toList();
    }

    @Override
    public void finalized(List<Block> blocks, Digest headId) {
        if (!waiting.isEmpty()) {
            waiting.values().removeIf(tree.spent(headId));
        }
    }
}
