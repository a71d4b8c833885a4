package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.OrderedRead;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The transactions and bundles that wait for a block: bounded in number and bytes, with a quota per sender, and shared out
 * fairly: of two senders the one with fewer bytes in the block comes next, so that a flood of one delays nobody else.
 * Everything in it would be valid on top of the newest finalized block. Thread-safe; signatures are verified on the caller's thread, outside the
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

    private record Waiting(Digest id, BodyEntry entry, NodeId sender, int bytes) {
        int transactions() {
            return entry.transactions().size();
        }
    }

    /** A sender's way through what waits of it while a block is filled. */
    private static final class Share {
        private final int order;
        private final Iterator<Waiting> rest;
        private int bytes;

        Share(int order, Iterator<Waiting> rest) {
            this.order = order;
            this.rest = rest;
        }
    }

    /** What waits of one sender, by first nonce. */
    private static final class Lane {
        private final NavigableMap<Long, Waiting> waiting = new TreeMap<>();
        private int transactions;
    }

    private final NetworkId network;
    private final Parameters parameters;
    private final Set<String> modules;
    private final Limits limits;
    private final SignatureCheck signatures;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Digest, Waiting> byId = new HashMap<>();
    /** Whoever had something in a block last comes last. */
    private final Map<NodeId, Lane> lanes = new LinkedHashMap<>();

    private long bytes;
    private int transactions;
    private StateReader nonces;

    /**
     * Creates an empty pool.
     *
     * @param genesis the founding document
     * @param modules names of the modules transactions may address, besides the ledger's own
     * @param nonces {@link LedgerTree#nonces} after the newest finalized block
     * @param limits how much may wait
     * @param signatures shared with the node's {@link LedgerTree}
     */
    public Mempool(
            Genesis genesis, Collection<String> modules, StateReader nonces, Limits limits, SignatureCheck signatures) {
        this.network = genesis.networkId();
        this.parameters = genesis.parameters();
        Set<String> known = new HashSet<>(modules);
        known.add(ValidatorChange.MODULE);
        known.add(OrderedRead.MODULE);
        this.modules = Set.copyOf(known);
        this.nonces = nonces;
        this.limits = limits;
        this.signatures = signatures;
    }

    /**
     * Takes an entry in.
     *
     * @param encoded its canonical bytes
     * @return as {@link #offer(BodyEntry)}; MALFORMED for other bytes
     */
    public Verdict offer(byte[] encoded) {
        if (encoded.length > parameters.maxTransactionBytes()) {
            return tooLarge(encoded.length);
        }
        BodyEntry entry;
        try {
            entry = BodyEntry.decode(encoded);
        } catch (CborException | IllegalArgumentException e) {
            return Verdict.rejected(Code.MALFORMED, "not a transaction: " + e.getMessage());
        }
        return offer(entry);
    }

    /**
     * Takes an entry in without asking a gate.
     *
     * @param entry a transaction or bundle
     * @return as {@link #offer(BodyEntry, Admission)}
     */
    public Verdict offer(BodyEntry entry) {
        return offer(entry, Admission.OPEN);
    }

    /**
     * Takes an entry in.
     *
     * @param entry a transaction or bundle
     * @param gate asked outside the lock, after the signature was found to hold, about every transaction
     * @return accepted when it now waits; LIMIT_EXCEEDED when it is too large, WRONG_NETWORK, NOT_FOUND for an unknown
     *     module, CONFLICT when its nonces are not above the sender's last finalized one, when it waits already, or when
     *     another entry of the sender waits with one of its nonces, BUSY when the pool or the sender's share is full,
     *     INVALID_SIGNATURE, DENIED with the reason when the gate refuses
     */
    public Verdict offer(BodyEntry entry, Admission gate) {
        int length = entry.encodedLength();
        if (length > parameters.maxTransactionBytes() || length + HEAD_BYTES > parameters.maxBlockBytes()) {
            return tooLarge(length);
        }
        if (!entry.network().equals(network)) {
            return Verdict.rejected(
                    Code.WRONG_NETWORK, entry + " is for network " + entry.network() + ", this is " + network);
        }
        for (Transaction t : entry.transactions()) {
            if (!modules.contains(t.module())) {
                return Verdict.rejected(
                        Code.NOT_FOUND,
                        t + ": no such module; known are "
                                + modules.stream().sorted().toList());
            }
        }
        Waiting waiting = new Waiting(entry.id(), entry, entry.senderId(), length);
        Verdict verdict = locked(() -> admission(waiting));
        if (!verdict.accepted()) {
            return verdict;
        }
        if (!signatures.holds(entry)) {
            return Verdict.rejected(Code.INVALID_SIGNATURE, entry + ": the signature does not hold");
        }
        for (Transaction t : entry.transactions()) {
            Optional<Outcome.Refused> refusal = gate.refusal(t);
            if (refusal.isPresent()) {
                return Verdict.rejected(
                        Code.DENIED,
                        t + ": " + refusal.get().code() + ", " + refusal.get().detail());
            }
        }
        return locked(() -> {
            Verdict again = admission(waiting);
            if (again.accepted()) {
                Lane lane = lanes.computeIfAbsent(waiting.sender, s -> new Lane());
                lane.waiting.put(entry.firstNonce(), waiting);
                lane.transactions += waiting.transactions();
                byId.put(waiting.id, waiting);
                bytes += waiting.bytes;
                transactions += waiting.transactions();
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
        if (byId.containsKey(w.id)) {
            return Verdict.rejected(Code.CONFLICT, w.entry + " waits already");
        }
        long last = Nonces.last(nonces, w.sender);
        if (w.entry.firstNonce() <= last) {
            return Verdict.rejected(
                    Code.CONFLICT, w.entry + ": the nonce is not above the sender's last finalized one, " + last);
        }
        Lane lane = lanes.get(w.sender);
        if (lane != null) {
            Map.Entry<Long, Waiting> below = lane.waiting.floorEntry(w.entry.lastNonce());
            if (below != null && below.getValue().entry.lastNonce() >= w.entry.firstNonce()) {
                return Verdict.rejected(Code.CONFLICT, w.entry + ": another one with this nonce waits already");
            }
        }
        if (lane != null && lane.transactions + w.transactions() > limits.maxPerSender) {
            return Verdict.rejected(
                    Code.BUSY,
                    "sender has " + lane.transactions + " transactions waiting, limit " + limits.maxPerSender
                            + "; retry later");
        }
        if (transactions + w.transactions() > limits.maxTransactions || bytes + w.bytes > limits.maxBytes) {
            return Verdict.rejected(
                    Code.BUSY,
                    transactions + " transactions with " + bytes + " bytes wait, limits " + limits.maxTransactions
                            + " and " + limits.maxBytes + "; retry later");
        }
        return Verdict.ACCEPTED;
    }

    /**
     * Entries that are valid on top of the newest finalized block.
     *
     * @param maxBytes limit of their encoded bytes, block overhead included
     * @return those of one sender in order of their nonces, the senders by turns
     */
    public List<BodyEntry> candidates(int maxBytes) {
        return locked(() -> collect(maxBytes, nonces));
    }

    /**
     * Entries that are valid on top of a block that is not final yet; those in it or its ancestors are left out.
     *
     * @param maxBytes limit of their encoded bytes, block overhead included
     * @param parentNonces {@link LedgerTree#nonces} after that block
     * @return those of one sender in order of their nonces, the senders by turns
     */
    public List<BodyEntry> candidates(int maxBytes, StateReader parentNonces) {
        return locked(() -> collect(maxBytes, parentNonces));
    }

    private List<BodyEntry> collect(int maxBytes, StateReader parentNonces) {
        PriorityQueue<Share> shares =
                new PriorityQueue<>(Comparator.<Share>comparingInt(s -> s.bytes).thenComparingInt(s -> s.order));
        lanes.forEach((sender, lane) -> {
            Iterator<Waiting> rest = lane.waiting
                    .tailMap(Nonces.last(parentNonces, sender), false)
                    .values()
                    .iterator();
            if (rest.hasNext()) {
                shares.add(new Share(shares.size(), rest));
            }
        });
        List<BodyEntry> chosen = new ArrayList<>();
        int room = maxBytes;
        int count = 0;
        Share share = shares.poll();
        while (share != null && room > HEAD_BYTES) {
            Waiting next = share.rest.next();
            if (next.bytes + HEAD_BYTES <= room && count + next.transactions() <= Block.MAX_TRANSACTIONS) {
                chosen.add(next.entry);
                room -= next.bytes + HEAD_BYTES;
                count += next.transactions();
                share.bytes += next.bytes;
                if (share.rest.hasNext()) {
                    shares.add(share);
                }
            }
            share = shares.poll();
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
        Set<NodeId> senders = new LinkedHashSet<>();
        for (Block block : blocks) {
            for (BodyEntry e : block.entries()) {
                senders.add(e.senderId());
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
        Lane lane = lanes.remove(sender);
        if (lane == null) {
            return;
        }
        NavigableMap<Long, Waiting> stale = lane.waiting.headMap(Nonces.last(nonces, sender), true);
        for (Waiting w : stale.values()) {
            byId.remove(w.id);
            bytes -= w.bytes;
            transactions -= w.transactions();
            lane.transactions -= w.transactions();
        }
        stale.clear();
        if (!lane.waiting.isEmpty()) {
            lanes.put(sender, lane);
        }
    }

    /**
     * Whether an entry waits.
     *
     * @param id its id
     * @return true if so
     */
    public boolean contains(Digest id) {
        return locked(() -> byId.containsKey(id));
    }

    /**
     * Whether an entry is final, or can never be: a nonce of its sender that is not below its first is final.
     *
     * @param entry the entry
     * @return true if so
     */
    public boolean isSpent(BodyEntry entry) {
        return locked(() -> entry.firstNonce() <= Nonces.last(nonces, entry.senderId()));
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
        return locked(() -> transactions);
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
