package online.hypermesh.impl.snapshot;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.impl.ledger.StateTree;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Fetches the state of a ledger from peers of which none has to be trusted: a light client proves the header that names the
 * state's root, and every part proves itself against that root before it is kept. Parts come from all peers that have the same
 * snapshot, several at a time; who shows a wrong part is asked no more, and a part that does not come is asked of another. What
 * was fetched is kept, so that a later run goes on with it. Used by one thread.
 */
public final class StateSync {
    /** Where ends of epochs are learned from. */
    @FunctionalInterface
    public interface HandOverSource {
        /**
         * Asks a peer how an epoch ended.
         *
         * @param peer whom
         * @param epoch the epoch
         * @return its answer, not verified; empty when it has none
         */
        Optional<HandOver> ask(NodeId peer, long epoch);
    }

    /**
     * How far fetching has come.
     *
     * @param height of the snapshot
     * @param parts parts fetched and proven
     * @param of parts there are
     */
    public record Progress(long height, int parts, int of) {}

    private static final Logger LOG = System.getLogger(StateSync.class.getName());

    /** Parts asked of one peer at a time. */
    private static final int PER_PEER = 4;
    /** Failures in a row after which a peer is asked no more. */
    private static final int MAX_FAILURES = 4;

    private static final Duration PART_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration OFFER_TIMEOUT = Duration.ofSeconds(10);
    /** Longest time for all offers. */
    private static final Duration OFFERS_TIMEOUT = Duration.ofSeconds(30);
    /** Peers asked at a time for what they offer, up to {@link Snapshot#MAX_BYTES} each. */
    static final int OFFERS_AT_ONCE = 4;
    /** Peers with the same snapshot after which no more are asked. */
    private static final int ENOUGH_PEERS = 16;

    private final NetworkId network;
    private final Messenger messenger;
    private final List<NodeId> peers;
    private final CertificateLightClient believed;
    private final HandOverSource handOvers;
    private final Consumer<HandOver> learned;
    private final Consumer<Progress> progress;

    /**
     * Prepares.
     *
     * @param messenger has routes to the peers
     * @param network the network
     * @param peers whom to ask; this node itself is left out
     * @param believed begins with the genesis or a trusted checkpoint; learns the epochs on the way
     * @param handOvers asks peers how epochs ended
     * @param learned told of each end of an epoch that was proven
     * @param progress told of each part that was proven
     */
    public StateSync(
            NetworkId network,
            Messenger messenger,
            List<NodeId> peers,
            CertificateLightClient believed,
            HandOverSource handOvers,
            Consumer<HandOver> learned,
            Consumer<Progress> progress) {
        this.network = network;
        this.messenger = messenger;
        this.peers = peers.stream().filter(p -> !p.equals(messenger.self())).toList();
        this.believed = believed;
        this.handOvers = handOvers;
        this.learned = learned;
        this.progress = progress;
    }

    /** What a snapshot is of: its block, and a hash over those of its parts. */
    private record Kind(long height, Digest base, Digest parts) {
        static Kind of(Snapshot snapshot) {
            CborWriter w = new CborWriter(1024);
            w.list(snapshot.skeleton().parts(), (o, p) -> o.bytes(p.toBytes()));
            return new Kind(snapshot.height(), snapshot.base().id(), Digest.sha256(w.toBytes()));
        }
    }

    /** A snapshot and who offers it; the snapshot itself where it was begun before. */
    private record Offer(Kind kind, List<NodeId> peers, Optional<Snapshot> begun) {}

    /** What a peer answered. */
    private record Offered(NodeId peer, Optional<byte[]> bytes) {}

    /** What came of one question. */
    private record Answer(
            int peer, int part, Optional<StateTree> proven, byte[] bytes, Optional<HypermeshException> lie) {}

    /**
     * Fetches the newest snapshot that a peer can prove, and keeps it.
     *
     * @param store where it is kept
     * @param above only a snapshot of a greater height is of use
     * @param deadline longest time for all
     * @return what a ledger begins with; empty when no peer offers a snapshot of use
     * @throws HypermeshException TIMEOUT when the deadline passed or no peer is left that gives the missing parts, which the
     *     next run asks for again; STORAGE_FAILED when the disk refuses
     * @throws InterruptedException when the thread is interrupted
     */
    public Optional<StateBase> run(SnapshotStore store, long above, Duration deadline) throws InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        List<Offer> offers = offers(end);
        offers.removeIf(o -> o.kind.height <= above);
        Optional<Snapshot> begun = store.begun().filter(s -> s.height() > above && isProven(s, peers));
        Optional<Kind> kept = begun.map(Kind::of);
        if (begun.isPresent()) {
            // Peers keep the one before their newest, too.
            List<NodeId> from = offers.stream()
                    .filter(o -> kept.equals(Optional.of(o.kind)))
                    .map(o -> o.peers)
                    .findFirst()
                    .orElse(peers);
            offers.removeIf(o -> kept.equals(Optional.of(o.kind)));
            offers.add(new Offer(kept.get(), from, begun));
        }
        offers.sort(Comparator.comparing((Offer o) -> o.begun.isPresent())
                .thenComparing(o -> o.kind.height)
                .thenComparing(o -> o.peers.size())
                .reversed());
        HypermeshException failed = null;
        for (Offer offer : offers) {
            Optional<Snapshot> snapshot = askFor(offer, end).filter(s -> isProven(s, offer.peers));
            if (snapshot.isPresent()) {
                try {
                    return Optional.of(fetch(snapshot.get(), offer.peers, store, end));
                } catch (HypermeshException e) {
                    if (e.code() != Code.TIMEOUT) {
                        throw e;
                    }
                    LOG.log(Level.INFO, e.getMessage());
                    failed = e;
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
        return Optional.empty();
    }

    private static Duration left(long end, Duration atMost) {
        return Duration.ofNanos(Math.max(1, Math.min(atMost.toNanos(), end - System.nanoTime())));
    }

    /**
     * Asks every peer, {@value #OFFERS_AT_ONCE} at a time, and keeps of an answer no more than what it is of, until so many
     * offer the same that more would not make fetching faster.
     */
    private List<Offer> offers(long end) throws InterruptedException {
        long enough = System.nanoTime() + left(end, OFFERS_TIMEOUT).toNanos();
        Map<Kind, List<NodeId>> offered = new LinkedHashMap<>();
        LinkedBlockingQueue<Offered> answers = new LinkedBlockingQueue<>();
        Iterator<NodeId> next = peers.iterator();
        int open = 0;
        while (offered.values().stream().noneMatch(p -> p.size() >= ENOUGH_PEERS)) {
            for (; open < OFFERS_AT_ONCE && next.hasNext(); open++) {
                NodeId peer = next.next();
                messenger
                        .ask(
                                peer,
                                SnapshotService.SERVICE,
                                SnapshotService.offerRequest(),
                                RequestOptions.within(left(enough, OFFER_TIMEOUT)))
                        .whenComplete((bytes, e) -> answers.add(new Offered(peer, Optional.ofNullable(bytes))));
            }
            Offered answer =
                    open == 0 ? null : answers.poll(left(enough, OFFER_TIMEOUT).toNanos(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                break;
            }
            open--;
            answer.bytes
                    .flatMap(bytes -> decoded(answer.peer, bytes))
                    .ifPresent(s -> offered.computeIfAbsent(Kind.of(s), k -> new ArrayList<>())
                            .add(answer.peer));
        }
        List<Offer> offers = new ArrayList<>();
        offered.forEach((kind, from) -> offers.add(new Offer(kind, from, Optional.empty())));
        return offers;
    }

    /** Asks those who offered it for a snapshot once more; empty when none of them has it any longer. */
    private Optional<Snapshot> askFor(Offer offer, long end) throws InterruptedException {
        if (offer.begun.isPresent()) {
            return offer.begun;
        }
        for (NodeId peer : offer.peers) {
            LinkedBlockingQueue<Offered> answers = new LinkedBlockingQueue<>();
            messenger
                    .ask(
                            peer,
                            SnapshotService.SERVICE,
                            SnapshotService.offerRequest(),
                            RequestOptions.within(left(end, OFFER_TIMEOUT)))
                    .whenComplete((bytes, e) -> answers.add(new Offered(peer, Optional.ofNullable(bytes))));
            Offered answer = answers.poll(left(end, OFFER_TIMEOUT).toNanos(), TimeUnit.NANOSECONDS);
            Optional<Snapshot> again = Optional.ofNullable(answer)
                    .flatMap(a -> a.bytes)
                    .flatMap(bytes -> decoded(peer, bytes))
                    .filter(s -> Kind.of(s).equals(offer.kind));
            if (again.isPresent()) {
                return again;
            }
        }
        return Optional.empty();
    }

    private Optional<Snapshot> decoded(NodeId peer, byte[] response) {
        try {
            Optional<Snapshot> offered =
                    SnapshotService.decode(response, Snapshot.MAX_BYTES).map(Snapshot::decode);
            if (offered.isPresent() && offered.get().consistency(network) instanceof Verdict.Rejected r) {
                LOG.log(Level.WARNING, peer + " offers a snapshot that does not hold: " + r.detail());
                return Optional.empty();
            }
            return offered;
        } catch (CborException | IllegalArgumentException e) {
            LOG.log(Level.WARNING, peer + " offers what is no snapshot", e);
            return Optional.empty();
        }
    }

    /** Learns the epochs up to the snapshot's from those who offer it, or from anybody. */
    private boolean isProven(Snapshot snapshot, List<NodeId> offering) {
        List<NodeId> sources = new ArrayList<>(offering);
        peers.stream().filter(p -> !offering.contains(p)).forEach(sources::add);
        while (believed.newestEpoch() < snapshot.base().epoch()) {
            long before = believed.newestEpoch();
            // The newest that is believed at once, else the next one.
            if (!learn(sources, snapshot.base().epoch() - 1) && !learn(sources, before)) {
                LOG.log(
                        Level.INFO,
                        "The snapshot of height " + snapshot.height() + " is of epoch "
                                + snapshot.base().epoch() + "; nobody shows how epoch " + before + " ended");
                return false;
            }
        }
        Verdict verdict = snapshot.verdict(believed, network);
        if (verdict instanceof Verdict.Rejected r) {
            LOG.log(Level.WARNING, "The snapshot of height " + snapshot.height() + " does not hold: " + r.detail());
        }
        return verdict.accepted();
    }

    private boolean learn(List<NodeId> sources, long epoch) {
        for (NodeId source : sources) {
            HandOver told = handOvers.ask(source, epoch).orElse(null);
            if (told != null && told.epoch() == epoch && believed.learn(told).accepted()) {
                learned.accept(told);
                return true;
            }
        }
        return false;
    }

    private StateBase fetch(Snapshot snapshot, List<NodeId> from, SnapshotStore store, long end)
            throws InterruptedException {
        List<Digest> hashes = snapshot.skeleton().parts();
        SnapshotLog log = store.begin(snapshot);
        StateTree[] parts = new StateTree[hashes.size()];
        ExecutorService provers =
                Executors.newFixedThreadPool(Math.min(8, Runtime.getRuntime().availableProcessors()), r -> {
                    Thread t = new Thread(r, "state-sync");
                    t.setDaemon(true);
                    return t;
                });
        try {
            BitSet missing = present(log, hashes, parts);
            receive(snapshot, from, new PartSchedule(missing), log, parts, provers, end);
        } finally {
            provers.shutdownNow();
            log.sync();
        }
        StateTree state = snapshot.skeleton().join(List.of(parts));
        store.finish(log);
        return snapshot.with(state);
    }

    /** Reads what an earlier run kept; what is damaged is fetched again. */
    private static BitSet present(SnapshotLog log, List<Digest> hashes, StateTree[] parts) {
        BitSet missing = new BitSet();
        for (int i = 0; i < parts.length; i++) {
            Digest hash = hashes.get(i);
            try {
                byte[] bytes = log.part(hash).orElse(null);
                if (bytes != null) {
                    parts[i] = StateParts.verified(hash, bytes);
                }
            } catch (HypermeshException e) {
                LOG.log(Level.WARNING, "part " + i + " kept by an earlier run is fetched again", e);
            }
            missing.set(i, parts[i] == null);
        }
        return missing;
    }

    private void receive(
            Snapshot snapshot,
            List<NodeId> from,
            PartSchedule schedule,
            SnapshotLog log,
            StateTree[] parts,
            ExecutorService provers,
            long end)
            throws InterruptedException {
        List<Digest> hashes = snapshot.skeleton().parts();
        LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
        int[] busy = new int[from.size()];
        Map<Integer, Integer> failures = new HashMap<>();
        while (!schedule.isComplete()) {
            for (int peer = 0; peer < busy.length; peer++) {
                for (OptionalInt part = OptionalInt.empty(); busy[peer] < PER_PEER; ) {
                    part = schedule.next(peer);
                    if (part.isEmpty()) {
                        break;
                    }
                    busy[peer]++;
                    ask(snapshot.height(), from.get(peer), peer, part.getAsInt(), hashes, answers, provers, end);
                }
            }
            if (System.nanoTime() - end > 0 || sum(busy) == 0) {
                throw new HypermeshException(
                        Code.TIMEOUT,
                        Retry.WHOLE_OPERATION,
                        schedule.missing() + " of " + parts.length + " parts of the snapshot of height "
                                + snapshot.height() + " did not come: "
                                + (sum(busy) == 0 ? "no peer is left that gives them" : "the deadline passed")
                                + ". Those that came are kept; try again");
            }
            Answer answer = answers.poll(left(end, PART_TIMEOUT).toNanos(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                continue;
            }
            int peer = answer.peer;
            busy[peer]--;
            if (answer.proven.isPresent()) {
                failures.remove(peer);
                if (schedule.came(answer.part)) {
                    parts[answer.part] = answer.proven.get();
                    log.add(hashes.get(answer.part), answer.bytes);
                    progress.accept(new Progress(snapshot.height(), parts.length - schedule.missing(), parts.length));
                }
            } else {
                schedule.failed(peer, answer.part);
                if (answer.lie.isPresent() || failures.merge(peer, 1, Integer::sum) >= MAX_FAILURES) {
                    LOG.log(
                            Level.WARNING,
                            from.get(peer) + " is asked for no more parts: "
                                    + answer.lie.map(Throwable::getMessage).orElse("it gave none"));
                    schedule.drop(peer);
                }
            }
        }
    }

    private static int sum(int[] counts) {
        int sum = 0;
        for (int count : counts) {
            sum += count;
        }
        return sum;
    }

    private void ask(
            long height,
            NodeId from,
            int peer,
            int part,
            List<Digest> hashes,
            LinkedBlockingQueue<Answer> answers,
            ExecutorService provers,
            long end) {
        byte[] request = SnapshotService.partRequest(height, hashes.get(part));
        messenger
                .ask(from, SnapshotService.SERVICE, request, RequestOptions.within(left(end, PART_TIMEOUT)))
                .whenCompleteAsync(
                        (response, e) -> answers.add(judged(peer, part, hashes.get(part), response)), provers);
    }

    private static Answer judged(int peer, int part, Digest hash, byte[] response) {
        try {
            byte[] bytes = response == null
                    ? null
                    : SnapshotService.decode(response, StateTree.MAX_PART_BYTES).orElse(null);
            return bytes == null
                    ? new Answer(peer, part, Optional.empty(), new byte[0], Optional.empty())
                    : new Answer(peer, part, Optional.of(StateParts.verified(hash, bytes)), bytes, Optional.empty());
        } catch (HypermeshException e) {
            return new Answer(peer, part, Optional.empty(), new byte[0], Optional.of(e));
        } catch (CborException e) {
            return new Answer(
                    peer,
                    part,
                    Optional.empty(),
                    new byte[0],
                    Optional.of(new HypermeshException(
                            Code.INVALID_PROOF, Retry.NEVER, "its answer is none: " + e.getMessage(), e)));
        }
    }
}
