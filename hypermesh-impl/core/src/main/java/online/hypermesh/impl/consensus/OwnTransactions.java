package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;

/** Transactions submitted at this node, told to the others until they are final. Bounded; confined to the core's thread. */
final class OwnTransactions {
    private static final int MAX_TRANSACTIONS = 4096;
    private static final int GOSSIP_BYTES = 256 * 1024;

    private final PendingTransactions pending;
    private final Set<BodyEntry> transactions = new LinkedHashSet<>();

    private long bytes;

    OwnTransactions(PendingTransactions pending) {
        this.pending = pending;
    }

    int size() {
        return transactions.size();
    }

    /** Encoded bytes of all of them. */
    long bytes() {
        return bytes;
    }

    void add(List<BodyEntry> submitted) {
        for (BodyEntry t : submitted) {
            if (transactions.size() < MAX_TRANSACTIONS) {
                bytes += transactions.add(t) ? t.encodedLength() : 0;
            }
        }
    }

    void finalized(Block block) {
        block.entries().forEach(this::remove);
    }

    private void remove(BodyEntry t) {
        bytes -= transactions.remove(t) ? t.encodedLength() : 0;
    }

    /** Tells the others in messages of bounded size. */
    static void gossip(List<BodyEntry> transactions, Turn turn) {
        List<BodyEntry> batch = new ArrayList<>();
        int bytes = 0;
        for (BodyEntry t : transactions) {
            int length = t.encodedLength();
            if (!batch.isEmpty() && (bytes + length > GOSSIP_BYTES || batch.size() == Message.MAX_ENTRIES)) {
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
        List<BodyEntry> again = new ArrayList<>();
        List<BodyEntry> gone = new ArrayList<>();
        int bytes = 0;
        for (BodyEntry t : transactions) {
            if (!pending.contains(t.id())) {
                gone.add(t);
                continue;
            }
            bytes += t.encodedLength();
            if (bytes > GOSSIP_BYTES && !again.isEmpty()) {
                break;
            }
            again.add(t);
        }
        gone.forEach(this::remove);
        if (!again.isEmpty()) {
            turn.broadcast(new Message.Gossip(again));
        }
    }
}
