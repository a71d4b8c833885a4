package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The transactions that wait for a block: bounded in number and bytes, with a quota per sender. Everything in it would be
 * valid on top of the newest finalized block. Thread-safe; signatures are verified on the caller's thread, outside the
 * lock.
 *
 * <p>How it is driven: any thread {@linkplain #offer offers}; a leader takes {@linkplain #candidates(int, StateReader)
 * candidates} for the state after the parent it builds on and hands them to {@link BlockTree#assemble}; after every {@link
 * BlockTree#finalizeUpTo} the driver calls {@link #finalized} with the returned blocks and {@code tree.nonces(headId)}.
 * Candidates stay until finality, so a nullified proposal loses nothing. Nothing expires by time.
 */
public final class Mempool {
    /** Largest CBOR head of a transaction inside a body, plus the body's own head. */
    private static final int HEAD_BYTES = 10;

    /**
     * How much may wait.
     *
     * @param maxTransactions transactions of all senders, at least 1
     * @param maxBytes encoded bytes of all senders, at least 1
     * @param maxPerSender transactions of one sender, at least 1
     */
    public record Limits(int maxTransactions, long maxBytes, int maxPerSender) {
        /** 32,768 transactions, 64 MiB, 4,096 of one sender. */
        public static final Limits DEFAULT = new Limits(32_768, 64L << 20, 4_096);

        /**
         * Checks the ranges.
         *
         * @param maxTransactions at least 1
         * @param maxBytes at least 1
         * @param maxPerSender at least 1
         */
        public Limits {
            if (maxTransactions < 1 || maxBytes < 1 || maxPerSender < 1) {
                throw new IllegalArgumentException("limits must be >= 1, were " + maxTransactions + " transactions, "
                        + maxBytes + " bytes, " + maxPerSender + " per sender");
            }
        }
    }

    private record Waiting(Digest id, Transaction transaction, NodeId sender, int bytes) {}

    private final NetworkId network;
    private final Parameters parameters;
    private final Set<String> modules;
    private final Limits limits;
    private final SignatureCheck signatures;

    private final ReentrantLock lock = new ReentrantLock();
    /** By id, in order of arrival. */
    private final Map<Digest, Waiting> arrivals = new LinkedHashMap<>();

    private final Map<NodeId, NavigableMap<Long, Waiting>> bySender = new HashMap<>();
    private long bytes;
    private StateReader nonces;

    /**
     * Creates an empty pool.
     *
     * @param genesis the founding document
     * @param modules names of the modules transactions may address
     * @param nonces {@link LedgerTree#nonces} after the newest finalized block
     * @param limits how much may wait
     * @param signatures shared with the node's {@link LedgerTree}
     */
    public Mempool(
            Genesis genesis, Collection<String> modules, StateReader nonces, Limits limits, SignatureCheck signatures) {
        this.network = genesis.networkId();
        this.parameters = genesis.parameters();
        this.modules = Set.copyOf(modules);
        this.nonces = nonces;
        this.limits = limits;
        this.signatures = signatures;
    }

    /**
     * Takes a transaction in.
     *
     * @param encoded its canonical bytes
     * @return as {@link #offer(Transaction)}; MALFORMED for other bytes
     */
    public Verdict offer(byte[] encoded) {
        if (encoded.length > parameters.maxTransactionBytes()) {
            return tooLarge(encoded.length);
        }
        Transaction transaction;
        try {
            transaction = Transaction.decode(encoded);
        } catch (CborException | IllegalArgumentException e) {
            return Verdict.rejected(Code.MALFORMED, "not a transaction: " + e.getMessage());
        }
        return offer(transaction);
    }

    /**
     * Takes a transaction in without asking a gate.
     *
     * @param transaction the transaction
     * @return as {@link #offer(Transaction, Admission)}
     */
    public Verdict offer(Transaction transaction) {
        return offer(transaction, Admission.OPEN);
    }

    /**
     * Takes a transaction in.
     *
     * @param transaction the transaction
     * @param gate asked outside the lock, after the signature was found to hold
     * @return accepted when it now waits; LIMIT_EXCEEDED when it is too large, WRONG_NETWORK, NOT_FOUND for an unknown
     *     module, CONFLICT when its nonce is not above the sender's last finalized one, when it waits already, or when
     *     another transaction of the sender waits with the same nonce, BUSY when the pool or the sender's share is full,
     *     INVALID_SIGNATURE, DENIED with the reason when the gate refuses
     */
    public Verdict offer(Transaction transaction, Admission gate) {
        int length = transaction.encode().length;
        if (length > parameters.maxTransactionBytes() || length + HEAD_BYTES > parameters.maxBlockBytes()) {
            return tooLarge(length);
        }
        if (!transaction.network().equals(network)) {
            return Verdict.rejected(
                    Code.WRONG_NETWORK,
                    transaction + " is for network " + transaction.network() + ", this is " + network);
        }
        if (!modules.contains(transaction.module())) {
            return Verdict.rejected(
                    Code.NOT_FOUND,
                    transaction + ": no such module; known are "
                            + modules.stream().sorted().toList());
        }
        Waiting waiting = new Waiting(transaction.id(), transaction, transaction.senderId(), length);
        Verdict verdict = locked(() -> admission(waiting));
        if (!verdict.accepted()) {
            return verdict;
        }
        if (!signatures.holds(waiting.id, transaction)) {
            return Verdict.rejected(Code.INVALID_SIGNATURE, transaction + ": the signature does not hold");
        }
        Optional<Outcome.Refused> refusal = gate.refusal(transaction);
        if (refusal.isPresent()) {
            return Verdict.rejected(
                    Code.DENIED,
                    transaction + ": " + refusal.get().code() + ", "
                            + refusal.get().detail());
        }
        return locked(() -> {
            Verdict again = admission(waiting);
            if (again.accepted()) {
                arrivals.put(waiting.id, waiting);
                bySender.computeIfAbsent(waiting.sender, s -> new TreeMap<>()).put(transaction.nonce(), waiting);
                bytes += waiting.bytes;
            }
            return again;
        });
    }

    private Verdict tooLarge(int length) {
        return Verdict.rejected(
                Code.LIMIT_EXCEEDED,
                "transaction of " + length + " bytes, limit " + parameters.maxTransactionBytes() + ", and "
                        + parameters.maxBlockBytes() + " for a whole block");
    }

    private Verdict admission(Waiting w) {
        if (arrivals.containsKey(w.id)) {
            return Verdict.rejected(Code.CONFLICT, w.transaction + " waits already");
        }
        long last = Nonces.last(nonces, w.sender);
        if (w.transaction.nonce() <= last) {
            return Verdict.rejected(
                    Code.CONFLICT, w.transaction + ": the nonce is not above the sender's last finalized one, " + last);
        }
        NavigableMap<Long, Waiting> own = bySender.get(w.sender);
        if (own != null && own.containsKey(w.transaction.nonce())) {
            return Verdict.rejected(Code.CONFLICT, w.transaction + ": another one with this nonce waits already");
        }
        if (own != null && own.size() >= limits.maxPerSender) {
            return Verdict.rejected(
                    Code.BUSY,
                    "sender has " + own.size() + " transactions waiting, limit " + limits.maxPerSender
                            + "; retry later");
        }
        if (arrivals.size() >= limits.maxTransactions || bytes + w.bytes > limits.maxBytes) {
            return Verdict.rejected(
                    Code.BUSY,
                    arrivals.size() + " transactions with " + bytes + " bytes wait, limits " + limits.maxTransactions
                            + " and " + limits.maxBytes + "; retry later");
        }
        return Verdict.ACCEPTED;
    }

    /**
     * Transactions that are valid on top of the newest finalized block.
     *
     * @param maxBytes limit of their encoded bytes, block overhead included
     * @return in order of arrival, those of one sender in order of their nonces
     */
    public List<Transaction> candidates(int maxBytes) {
        return locked(() -> collect(maxBytes, nonces));
    }

    /**
     * Transactions that are valid on top of a block that is not final yet; those in it or its ancestors are left out.
     *
     * @param maxBytes limit of their encoded bytes, block overhead included
     * @param parentNonces {@link LedgerTree#nonces} after that block
     * @return in order of arrival, those of one sender in order of their nonces
     */
    public List<Transaction> candidates(int maxBytes, StateReader parentNonces) {
        return locked(() -> collect(maxBytes, parentNonces));
    }

    private List<Transaction> collect(int maxBytes, StateReader parentNonces) {
        List<Transaction> chosen = new ArrayList<>();
        Map<NodeId, Long> cursors = new HashMap<>();
        Set<NodeId> done = new HashSet<>();
        int room = maxBytes;
        for (Waiting slot : arrivals.values()) {
            if (chosen.size() == Block.MAX_TRANSACTIONS || room <= HEAD_BYTES) {
                break;
            }
            NavigableMap<Long, Waiting> own = bySender.get(slot.sender);
            if (own == null || done.contains(slot.sender)) {
                continue;
            }
            long after = cursors.computeIfAbsent(slot.sender, s -> Nonces.last(parentNonces, s));
            Map.Entry<Long, Waiting> next = own.higherEntry(after);
            if (next == null || next.getValue().bytes + HEAD_BYTES > room) {
                done.add(slot.sender);
                continue;
            }
            chosen.add(next.getValue().transaction);
            cursors.put(slot.sender, next.getKey());
            room -= next.getValue().bytes + HEAD_BYTES;
        }
        return List.copyOf(chosen);
    }

    /**
     * Removes what became final, and what can never become valid any more.
     *
     * @param blocks the newly final blocks
     * @param noncesAfter {@link LedgerTree#nonces} after the newest of them
     */
    public void finalized(List<Block> blocks, StateReader noncesAfter) {
        Set<NodeId> senders = new HashSet<>();
        for (Block block : blocks) {
            for (Transaction t : block.transactions()) {
                senders.add(t.senderId());
            }
        }
        lock.lock();
        try {
            nonces = noncesAfter;
            senders.forEach(this::dropStale);
        } finally {
            lock.unlock();
        }
    }

    private void dropStale(NodeId sender) {
        NavigableMap<Long, Waiting> own = bySender.get(sender);
        if (own == null) {
            return;
        }
        NavigableMap<Long, Waiting> stale = own.headMap(Nonces.last(nonces, sender), true);
        for (Waiting w : stale.values()) {
            arrivals.remove(w.id);
            bytes -= w.bytes;
        }
        stale.clear();
        if (own.isEmpty()) {
            bySender.remove(sender);
        }
    }

    /**
     * Whether a transaction waits.
     *
     * @param id its id
     * @return true if so
     */
    public boolean contains(Digest id) {
        return locked(() -> arrivals.containsKey(id));
    }

    /**
     * Whether nothing waits.
     *
     * @return true if so
     */
    public boolean isEmpty() {
        return size() == 0;
    }

    /**
     * Number of waiting transactions.
     *
     * @return at least 0
     */
    public int size() {
        return locked(arrivals::size);
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
