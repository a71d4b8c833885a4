package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Batches of one epoch: makes them of this node's own entries, holds those of others and promises to, gathers promises to
 * certificates, and asks for what is certified and not here. A promise follows the record of its batch, so that it leaves only
 * when the batch is durable; a batch is held until all that is in it is final or can never be, or the epoch has ended. Bounded
 * by a quota per maker. Confined to the core's thread.
 */
final class BatchBook {
    /** Most batches of one maker. */
    static final int MAX_OF_MAKER = 64;

    /** With so many bytes of own entries a batch is made at once. */
    static final int FULL_BYTES = 256 * 1024;

    /** So long the first own entry of a batch waits for others. */
    static final long GATHER_NANOS = 2 * Turn.MILLI;

    private static final long MAX_MAKER_BYTES = 16L << 20;
    private static final long MAX_TOTAL_BYTES = 256L << 20;
    private static final int MAX_WANTED = (Proposals.PROPOSALS_AHEAD + 2) * BodyParts.MAX_BATCHES;
    private static final int MAX_FETCHED = MAX_WANTED;
    private static final long ANSWER_BURST_BYTES = 16L << 20;
    private static final long ANSWER_BYTES_PER_SECOND = 8L << 20;

    private final class Held {
        private final Batch batch;
        /** Whether its maker brought it, so that it counts in the quota and is promised. */
        private final boolean promised;
        /** What may still become final, by sender. */
        private final Map<NodeId, TreeSet<Long>> open = new HashMap<>();

        private final Map<Integer, Signature> promises = new TreeMap<>();
        private @Nullable AvailabilityCertificate certificate;

        Held(Batch batch, boolean promised) {
            this.batch = batch;
            this.promised = promised;
            for (BodyEntry e : batch.entries()) {
                if (!pending.isSpent(e)) {
                    open.computeIfAbsent(e.senderId(), s -> new TreeSet<>()).add(e.firstNonce());
                }
            }
        }

        boolean isOver() {
            return open.isEmpty();
        }
    }

    private static final class Wanted {
        private final AvailabilityCertificate certificate;
        private long askedNanos;
        private int next;

        Wanted(AvailabilityCertificate certificate) {
            this.certificate = certificate;
        }
    }

    private final Turn turn;
    private final Seat seat;
    private final NetworkId network;
    private final Availability availability;
    private final PendingTransactions pending;
    private final PeerBook peers;
    private final OwnVotes ownVotes;
    private final PeerBudget budget;
    private final long askAgainNanos;
    private final long quotaBytes;
    private final long fullBytes;
    private final Set<BodyEntry> gathered = new LinkedHashSet<>();
    private long gatheredBytes;
    private long dueNanos = Turn.NEVER;
    private final Map<Digest, Held> held = new LinkedHashMap<>();
    private final Map<Digest, Wanted> wanted = new LinkedHashMap<>();
    private final Map<Digest, BodyParts.Place> places = new HashMap<>();
    /** Held no more, and not let go in the log yet. */
    private final List<Digest> over = new ArrayList<>();

    private final long[] bytesOf;
    private final int[] countOf;
    private int fetched;
    private long sequence;

    BatchBook(
            Turn turn,
            Seat seat,
            NetworkId network,
            int maxTransactionBytes,
            Availability availability,
            int maxFullBytes,
            PendingTransactions pending,
            PeerBook peers,
            OwnVotes ownVotes,
            long askAgainNanos) {
        this.turn = turn;
        this.seat = seat;
        this.network = network;
        this.availability = availability;
        this.pending = pending;
        this.peers = peers;
        this.ownVotes = ownVotes;
        this.askAgainNanos = askAgainNanos;
        this.fullBytes = Math.min(FULL_BYTES, maxFullBytes);
        int size = seat.set().size();
        this.quotaBytes =
                Math.max(maxTransactionBytes + 2L * Batch.MAX_BYTES, Math.min(MAX_MAKER_BYTES, MAX_TOTAL_BYTES / size));
        this.bytesOf = new long[size];
        this.countOf = new int[size];
        this.budget = new PeerBudget(seat.set(), ANSWER_BURST_BYTES, ANSWER_BYTES_PER_SECOND);
    }

    /** Takes back what an earlier life promised to hold. */
    void recover(List<Batch> batches) {
        for (Batch batch : batches) {
            if (batch.maker() < seat.set().size() && !held.containsKey(batch.id())) {
                Held h = new Held(batch, true);
                if (h.isOver()) {
                    over.add(batch.id());
                } else {
                    hold(h);
                }
                if (batch.maker() == seat.self()) {
                    sequence = Math.max(sequence, batch.sequence() + 1);
                }
            }
        }
    }

    /** Offers what it recovered to the pool, and certifies its own batches again. */
    void start() {
        letGo();
        for (Held h : held.values()) {
            h.batch.entries().forEach(pending::offer);
            if (h.batch.maker() == seat.self()) {
                promiseOwn(h);
            }
        }
    }

    int size() {
        return held.size();
    }

    int wanted() {
        return wanted.size();
    }

    /** Whether an answer to a question for a batch is outstanding. */
    boolean isWaiting() {
        return !wanted.isEmpty();
    }

    // ---------------------------------------------------------------- making

    /** Whether this node can make batches now. */
    boolean makes() {
        return seat.isValidator() && availability.signer().isPresent() && ownVotes.isSigning();
    }

    /** Takes over what waited for a batch when the epoch before ended; it is told before what comes now. */
    void inherit(BatchBook before) {
        gathered.addAll(before.gathered);
        gatheredBytes += before.gatheredBytes;
        dueNanos = gathered.isEmpty() ? Turn.NEVER : 0; // with the first tick
    }

    /** Takes own entries for the next batch, and makes it when it is full. */
    void gather(List<BodyEntry> entries) {
        for (BodyEntry e : entries) {
            gatheredBytes += gathered.add(e) ? e.encodedLength() : 0;
        }
        if (gatheredBytes >= fullBytes) {
            make();
        } else if (!gathered.isEmpty() && dueNanos == Turn.NEVER) {
            dueNanos = turn.now() + GATHER_NANOS;
        }
    }

    /** Whether entries wait for a batch. */
    boolean isGathering() {
        return !gathered.isEmpty();
    }

    /** When the next batch is made at the latest. */
    long dueNanos() {
        return dueNanos;
    }

    /** Makes the batch that has waited long enough. */
    void makeDue() {
        if (turn.now() >= dueNanos) {
            make();
        }
    }

    /** Makes batches of what was gathered and hands them to everybody; what the quota has no room for is told as it is. */
    private void make() {
        gathered.removeIf(pending::isSpent);
        List<List<BodyEntry>> cuts = Batch.cut(List.copyOf(gathered));
        gathered.clear();
        gatheredBytes = 0;
        dueNanos = Turn.NEVER;
        List<BodyEntry> rest = new ArrayList<>();
        for (List<BodyEntry> cut : cuts) {
            if (!makes() || !rest.isEmpty()) {
                rest.addAll(cut); // in their order: what is told later must not be final first
                continue;
            }
            Batch batch = new Batch(network, seat.epoch(), seat.self(), Math.max(sequence, turn.wall()), cut);
            if (!hasRoom(batch)) {
                rest.addAll(cut);
                continue;
            }
            sequence = batch.sequence() + 1;
            Held h = new Held(batch, true);
            hold(h);
            turn.persist(new VoteRecord.Held(batch));
            turn.broadcast(new Message.BatchOffered(batch));
            promiseOwn(h);
        }
        OwnTransactions.gossip(rest, turn);
    }

    private void promiseOwn(Held h) {
        if (makes()) {
            AvailabilityStatement statement = h.batch.statement();
            h.promises.put(seat.self(), availability.signer().orElseThrow().apply(statement));
            certifyIfPossible(h);
        }
    }

    // ---------------------------------------------------------------- holding

    void onOffered(int from, Batch batch) {
        Held known = held.get(batch.id());
        if (known != null) {
            if (known.promised && from == batch.maker()) {
                promise(from, batch);
            }
            return;
        }
        if (!batch.network().equals(network)) {
            return;
        }
        boolean current = batch.epoch() == seat.epoch() && batch.maker() < bytesOf.length;
        if (current && wanted.remove(batch.id()) != null) {
            if (fetched >= MAX_FETCHED) {
                dropOldestFetched();
            }
            batch.entries().forEach(pending::offer);
            hold(new Held(batch, false));
            turn.advance();
            return;
        }
        if (!seat.isValidator() // it would never propose them
                || peers.isDistrusted(from, turn.now())
                || (current && from != batch.maker())
                || !isSound(from, batch)) {
            return;
        }
        if (!current || !makes() || !hasRoom(batch) || isTaken(batch)) {
            return;
        }
        Held h = new Held(batch, true);
        if (h.isOver()) {
            return; // it comes late: held, it would stay until the epoch ends
        }
        hold(h);
        turn.persist(new VoteRecord.Held(batch));
        promise(from, batch);
    }

    /**
     * Takes the entries of a batch, whether it can be held or not: without them, what their senders hand in later would be
     * proposed here first, and they could never become final.
     */
    private boolean isSound(int from, Batch batch) {
        for (BodyEntry e : batch.entries()) {
            if (pending.offer(e) instanceof Verdict.Rejected r && isNoEntry(r.code())) {
                peers.distrust(from, turn.now());
                return false;
            }
        }
        return true;
    }

    private boolean isTaken(Batch batch) {
        return held.values().stream()
                .anyMatch(h -> h.batch.maker() == batch.maker() && h.batch.sequence() == batch.sequence());
    }

    /** What was fetched for an earlier proposal is asked for again if need be; nobody was promised that it stays here. */
    private void dropOldestFetched() {
        for (Iterator<Held> all = held.values().iterator(); all.hasNext(); ) {
            Held h = all.next();
            if (!h.promised) {
                all.remove();
                released(h);
                return;
            }
        }
    }

    private static boolean isNoEntry(Code code) {
        return code == Code.INVALID_SIGNATURE || code == Code.WRONG_NETWORK || code == Code.LIMIT_EXCEEDED;
    }

    /** Never without a record of the batch before. */
    private void promise(int maker, Batch batch) {
        // without a vote log nothing is remembered, and so nothing promised
        if (makes()) {
            AvailabilityStatement statement = batch.statement();
            Signature signature = availability.signer().orElseThrow().apply(statement);
            turn.send(seat.set().get(maker).id(), new Message.BatchPromised(statement, signature));
        }
    }

    private boolean hasRoom(Batch batch) {
        int maker = batch.maker();
        return countOf[maker] < MAX_OF_MAKER && bytesOf[maker] + batch.encodedLength() <= quotaBytes;
    }

    private void hold(Held h) {
        held.put(h.batch.id(), h);
        if (h.promised) {
            bytesOf[h.batch.maker()] += h.batch.encodedLength();
            countOf[h.batch.maker()]++;
        } else {
            fetched++;
        }
    }

    @Nullable
    Batch get(Digest id) {
        Held h = held.get(id);
        return h == null ? null : h.batch;
    }

    /** Forgets batches of which nothing is left to become final. */
    void finalized(List<Block> blocks) {
        Map<NodeId, Long> last = new HashMap<>();
        for (Block block : blocks) {
            block.entries().forEach(e -> last.merge(e.senderId(), e.lastNonce(), Math::max));
        }
        for (Iterator<Held> all = held.values().iterator(); all.hasNext() && !last.isEmpty(); ) {
            Held h = all.next();
            last.forEach((sender, nonce) -> {
                TreeSet<Long> nonces = h.open.get(sender);
                if (nonces != null) {
                    nonces.headSet(nonce, true).clear();
                    if (nonces.isEmpty()) {
                        h.open.remove(sender);
                    }
                }
            });
            if (h.isOver()) {
                all.remove();
                released(h);
                if (h.promised) {
                    over.add(h.batch.id());
                }
            }
        }
        letGo();
    }

    /** Says in the log what it need not hold any more; a node that does not sign does so when it does again. */
    private void letGo() {
        if (!over.isEmpty() && makes()) {
            turn.persist(new VoteRecord.Let(over));
            over.clear();
        }
    }

    private void released(Held h) {
        if (h.promised) {
            bytesOf[h.batch.maker()] -= h.batch.encodedLength();
            countOf[h.batch.maker()]--;
        } else {
            fetched--;
        }
        Digest id = h.batch.id();
        for (BodyEntry e : h.batch.entries()) {
            BodyParts.Place place = places.get(e.id());
            if (place != null && place.certificate().statement().batchId().equals(id)) {
                places.remove(e.id());
            }
        }
    }

    // ---------------------------------------------------------------- certifying

    void onPromised(int from, AvailabilityStatement statement, Signature signature) {
        Held h = held.get(statement.batchId());
        if (h == null
                || h.batch.maker() != seat.self()
                || h.certificate != null
                || h.promises.containsKey(from)
                || !statement.equals(h.batch.statement())
                || peers.isDistrusted(from, turn.now())) {
            return;
        }
        if (!availability.verifier().holds(from, statement, signature)) {
            peers.distrust(from, turn.now());
            return;
        }
        h.promises.put(from, signature);
        certifyIfPossible(h);
    }

    private void certifyIfPossible(Held h) {
        long stake = 0;
        for (int validator : h.promises.keySet()) {
            stake += seat.set().get(validator).stake();
        }
        if (h.certificate == null && seat.set().isQuorum(stake)) {
            List<Certificate.IndexedSignature> signatures = new ArrayList<>();
            h.promises.forEach((v, s) -> signatures.add(new Certificate.IndexedSignature(v, s)));
            AvailabilityCertificate certificate = new AvailabilityCertificate(h.batch.statement(), signatures);
            certified(h, certificate);
            turn.broadcast(new Message.BatchCertified(certificate));
        }
    }

    private void certified(Held h, AvailabilityCertificate certificate) {
        h.certificate = certificate;
        List<BodyEntry> entries = h.batch.entries();
        for (int i = 0; i < entries.size(); i++) {
            places.putIfAbsent(entries.get(i).id(), new BodyParts.Place(certificate, i));
        }
        turn.advance();
    }

    void onCertified(int from, AvailabilityCertificate certificate) {
        if (held.containsKey(certificate.statement().batchId())
                && !peers.isDistrusted(from, turn.now())
                && !accepts(certificate)) {
            peers.distrust(from, turn.now());
        }
    }

    /** Whether a certificate of this epoch holds; what it certifies may be referred to from then on. */
    boolean accepts(AvailabilityCertificate certificate) {
        AvailabilityStatement statement = certificate.statement();
        Held h = held.get(statement.batchId());
        if (h != null && h.certificate != null && h.certificate.equals(certificate)) {
            return true;
        }
        if (statement.epoch() != seat.epoch()
                || (h != null && !statement.equals(h.batch.statement()))
                || !certificate.holds(seat.set(), availability.verifier())) {
            return false;
        }
        if (h != null && h.certificate == null) {
            certified(h, certificate);
        }
        return true;
    }

    /** Where an entry stands in a certified batch, or null. */
    BodyParts.@Nullable Place place(Digest entry) {
        return places.get(entry);
    }

    /**
     * What of a leader's candidates fits a proposal: those in certified batches and, of the others, as many as may stand in it
     * themselves. A sender's entries after one that is left out are left out, too: their nonces are above it.
     */
    List<BodyEntry> fitting(List<BodyEntry> candidates, int maxInlineBytes) {
        List<BodyEntry> fitting = new ArrayList<>();
        Map<NodeId, Boolean> leftOut = new HashMap<>();
        Map<Digest, Boolean> named = new HashMap<>();
        long inline = 0;
        for (BodyEntry e : candidates) {
            if (leftOut.containsKey(e.senderId())) {
                continue;
            }
            BodyParts.Place place = places.get(e.id());
            if (place != null) {
                Digest batch = place.certificate().statement().batchId();
                if (named.containsKey(batch) || named.size() < BodyParts.MAX_BATCHES) {
                    named.put(batch, true);
                    fitting.add(e);
                    continue;
                }
            }
            if (inline == 0 || inline + e.encodedLength() <= maxInlineBytes) {
                inline += e.encodedLength();
                fitting.add(e);
            } else {
                leftOut.put(e.senderId(), true);
            }
        }
        return fitting;
    }

    // ---------------------------------------------------------------- asking and answering

    /** Asks for a batch whose certificate holds: its maker and one of those who promised, later two others. */
    void want(AvailabilityCertificate certificate) {
        Digest id = certificate.statement().batchId();
        Wanted w = wanted.get(id);
        if (w == null) {
            if (wanted.size() >= MAX_WANTED) {
                wanted.remove(wanted.keySet().iterator().next());
            }
            w = new Wanted(certificate);
            wanted.put(id, w);
            ask(w, certificate.statement().maker());
        } else if (turn.now() - w.askedNanos < askAgainNanos) {
            return;
        } else {
            askOneOfThem(w);
        }
        w.askedNanos = turn.now();
        askOneOfThem(w);
    }

    private void askOneOfThem(Wanted w) {
        List<Certificate.IndexedSignature> signers = w.certificate.signatures();
        int begin = (seat.self() < 0 ? 0 : seat.self()) + w.next++;
        ask(w, signers.get(begin % signers.size()).validator());
    }

    private void ask(Wanted w, int validator) {
        if (validator != seat.self()) {
            turn.send(
                    seat.set().get(validator).id(),
                    new Message.BatchWanted(w.certificate.statement().batchId()));
        }
    }

    void onWanted(NodeId from, Digest id) {
        Held h = held.get(id);
        if (h != null && budget.allows(from, turn.now())) {
            budget.spend(from, h.batch.encodedLength(), turn.now());
            turn.send(from, new Message.BatchOffered(h.batch));
        }
    }

    /** Asks again for what is missing, and hands out again the oldest own batch that is not certified. */
    void rebroadcast() {
        List.copyOf(wanted.values()).forEach(w -> want(w.certificate));
        for (Held h : held.values()) {
            if (h.batch.maker() == seat.self()) {
                if (h.certificate == null) {
                    turn.broadcast(new Message.BatchOffered(h.batch));
                    return;
                }
            }
        }
    }

    /** Forgets questions that nobody needs an answer to any more. */
    void retainWanted(Function<Digest, Boolean> stillWanted) {
        wanted.keySet().removeIf(id -> !stillWanted.apply(id));
    }
}
