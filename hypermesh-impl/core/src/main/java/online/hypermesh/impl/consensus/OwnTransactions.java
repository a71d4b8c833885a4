package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/** Transactions submitted at this node, told to the others until they are final. Bounded; confined to the core's thread. */
final class OwnTransactions {
    private static final int MAX_TRANSACTIONS = 4096;
    private static final int GOSSIP_BYTES = 256 * 1024;
    private static final int OTHERS_BYTES = 64 * 1024;
    private static final int ROOM_BYTES = 1024;

    private final PendingTransactions pending;
    private final int maxCandidateBytes;
    private final Set<BodyEntry> transactions = new LinkedHashSet<>();
    /** Those that others know from a proposal at most, which may come to nothing. */
    private final Set<BodyEntry> untold = new LinkedHashSet<>();

    private long bytes;

    /** @param maxTransactionBytes longest entry there may be */
    OwnTransactions(PendingTransactions pending, int maxTransactionBytes) {
        this.pending = pending;
        this.maxCandidateBytes = Math.max(OTHERS_BYTES, maxTransactionBytes + ROOM_BYTES);
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

    /** Notes that entries were proposed instead of told. */
    void proposed(List<BodyEntry> entries) {
        for (BodyEntry t : entries) {
            if (transactions.contains(t)) {
                untold.add(t);
            }
        }
    }

    /**
     * What is to be told now that these are: before them, what their senders handed in earlier and nobody was told. If the
     * proposal that holds it comes to nothing, these would be final first, and it never.
     */
    List<BodyEntry> withEarlier(List<BodyEntry> entries) {
        if (untold.isEmpty()) {
            return entries;
        }
        Set<NodeId> senders = new HashSet<>();
        entries.forEach(t -> senders.add(t.senderId()));
        Set<BodyEntry> all = new LinkedHashSet<>();
        untold.removeIf(t -> senders.contains(t.senderId()) && all.add(t));
        all.addAll(entries);
        return List.copyOf(all);
    }

    void finalized(Block block) {
        block.entries().forEach(this::remove);
    }

    private void remove(BodyEntry t) {
        bytes -= transactions.remove(t) ? t.encodedLength() : 0;
        untold.remove(t);
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

    /**
     * Tells the oldest that still wait again, one message of them; where there are none, some that came from others: who brought
     * them may be gone and have told nobody else, and this node may never lead.
     *
     * @param headId the newest final block
     */
    void rebroadcast(Turn turn, Digest headId) {
        List<BodyEntry> gone =
                transactions.stream().filter(t -> !pending.contains(t.id())).toList();
        gone.forEach(this::remove);
        List<BodyEntry> again = beginning(transactions, GOSSIP_BYTES);
        again.forEach(untold::remove);
        if (again.isEmpty() && !pending.isEmpty()) {
            again = beginning(pending.candidates(maxCandidateBytes, headId), OTHERS_BYTES);
        }
        if (!again.isEmpty()) {
            turn.broadcast(new Message.Gossip(again));
        }
    }

    /** The first ones that fit a number of bytes and a message, at least one. */
    private static List<BodyEntry> beginning(Collection<BodyEntry> entries, int maxBytes) {
        List<BodyEntry> some = new ArrayList<>();
        int bytes = 0;
        for (BodyEntry t : entries) {
            bytes += t.encodedLength();
            if (!some.isEmpty() && (bytes > maxBytes || some.size() == Message.MAX_ENTRIES)) {
                break;
            }
            some.add(t);
        }
        return some;
    }
}
