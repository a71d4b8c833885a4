package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Transaction;

/** Transactions submitted at this node, told to the others until they are final. Bounded; confined to the core's thread. */
final class OwnTransactions {
    private static final int MAX_TRANSACTIONS = 4096;
    private static final int GOSSIP_BYTES = 256 * 1024;

    private final PendingTransactions pending;
    private final Set<Transaction> transactions = new LinkedHashSet<>();

    OwnTransactions(PendingTransactions pending) {
        this.pending = pending;
    }

    int size() {
        return transactions.size();
    }

    void add(List<Transaction> submitted) {
        for (Transaction t : submitted) {
            if (transactions.size() < MAX_TRANSACTIONS) {
                transactions.add(t);
            }
        }
    }

    void finalized(Block block) {
        block.transactions().forEach(transactions::remove);
    }

    /** Tells the others in messages of bounded size. */
    static void gossip(List<Transaction> transactions, Turn turn) {
        List<Transaction> batch = new ArrayList<>();
        int bytes = 0;
        for (Transaction t : transactions) {
            int length = t.encode().length;
            if (!batch.isEmpty() && (bytes + length > GOSSIP_BYTES || batch.size() == Message.MAX_TRANSACTIONS)) {
                turn.broadcast(new Message.Gossip(batch));
                batch.clear();
                bytes = 0;
            }
            batch.add(t);
            bytes += length;
        }
        if (!batch.isEmpty()) {
            turn.broadcast(new Message.Gossip(batch));
        }
    }

    /** Tells the oldest that still wait again, one message of them. */
    void rebroadcast(Turn turn) {
        List<Transaction> again = new ArrayList<>();
        List<Transaction> gone = new ArrayList<>();
        int bytes = 0;
        for (Transaction t : transactions) {
            if (!pending.contains(t.id())) {
                gone.add(t);
                continue;
            }
            bytes += t.encode().length;
            if (bytes > GOSSIP_BYTES && !again.isEmpty()) {
                break;
            }
            again.add(t);
        }
        gone.forEach(transactions::remove);
        if (!again.isEmpty()) {
            turn.broadcast(new Message.Gossip(again));
        }
    }
}
