package online.hypermesh.impl.snapshot;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
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

    /** A snapshot and who offers it. */
    private record Offer(Snapshot snapshot, List<NodeId> peers) {}

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
        Optional<Snapshot> begun = store.begun().filter(s -> s.height() > above && isProven(s, peers));
        if (begun.isPresent() && offers.stream().noneMatch(o -> isSame(o.snapshot, begun.get()))) {
            // Peers keep the one before their newest, too.
            offers.add(new Offer(begun.get(), peers));
        }
        offers.sort(Comparator.comparing((Offer o) -> begun.isPresent() && isSame(o.snapshot, begun.get()))
                .thenComparing(o -> o.snapshot.height())
                .thenComparing(o -> o.peers.size())
                .reversed());
        HypermeshException failed = null;
        for (Offer offer : offers) {
            if (offer.snapshot.height() > above && isProven(offer.snapshot, offer.peers)) {
                try {
                    return Optional.of(fetch(offer, store, end));
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

    private static boolean isSame(Snapshot a, Snapshot b) {
        return a.base().equals(b.base())
                && a.skeleton().parts().equals(b.skeleton().parts());
    }

    private static Duration left(long end, Duration atMost) {
        return Duration.ofNanos(Math.max(1, Math.min(atMost.toNanos(), end - System.nanoTime())));
    }

    private List<Offer> offers(long end) throws InterruptedException {
        Map<NodeId, LinkedBlockingQueue<Optional<byte[]>>> asked = new LinkedHashMap<>();
        RequestOptions options = RequestOptions.within(left(end, OFFER_TIMEOUT));
        for (NodeId peer : peers) {
            LinkedBlockingQueue<Optional<byte[]>> answer = new LinkedBlockingQueue<>();
            asked.put(peer, answer);
            messenger
                    .ask(peer, SnapshotService.SERVICE, SnapshotService.offerRequest(), options)
                    .whenComplete((bytes, e) -> answer.add(Optional.ofNullable(bytes)));
        }
        List<Offer> offers = new ArrayList<>();
        for (Map.Entry<NodeId, LinkedBlockingQueue<Optional<byte[]>>> e : asked.entrySet()) {
            Optional<byte[]> answer = e.getValue().poll(left(end, OFFER_TIMEOUT).toNanos(), TimeUnit.NANOSECONDS);
            if (answer != null && answer.isPresent()) {
                decoded(e.getKey(), answer.get()).ifPresent(s -> add(offers, s, e.getKey()));
            }
        }
        return offers;
    }

    private static void add(List<Offer> offers, Snapshot snapshot, NodeId peer) {
        for (Offer offer : offers) {
            if (isSame(offer.snapshot, snapshot)) {
                offer.peers.add(peer);
                return;
            }
        }
        offers.add(new Offer(snapshot, new ArrayList<>(List.of(peer))));
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

    private StateBase fetch(Offer offer, SnapshotStore store, long end) throws InterruptedException {
        Snapshot snapshot = offer.snapshot;
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
            receive(offer, new PartSchedule(missing), log, parts, provers, end);
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
            Offer offer, PartSchedule schedule, SnapshotLog log, StateTree[] parts, ExecutorService provers, long end)
            throws InterruptedException {
        List<Digest> hashes = offer.snapshot.skeleton().parts();
        LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
        int[] busy = new int[offer.peers.size()];
        Map<Integer, Integer> failures = new HashMap<>();
        while (!schedule.isComplete()) {
            for (int peer = 0; peer < busy.length; peer++) {
                for (OptionalInt part = OptionalInt.empty(); busy[peer] < PER_PEER; ) {
                    part = schedule.next(peer);
                    if (part.isEmpty()) {
                        break;
                    }
                    busy[peer]++;
                    ask(offer, peer, part.getAsInt(), hashes, answers, provers, end);
                }
            }
            if (System.nanoTime() - end > 0 || sum(busy) == 0) {
                throw new HypermeshException(
                        Code.TIMEOUT,
                        Retry.WHOLE_OPERATION,
                        schedule.missing() + " of " + parts.length + " parts of the snapshot of height "
                                + offer.snapshot.height() + " did not come: "
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
                    progress.accept(
                            new Progress(offer.snapshot.height(), parts.length - schedule.missing(), parts.length));
                }
            } else {
                schedule.failed(peer, answer.part);
                if (answer.lie.isPresent() || failures.merge(peer, 1, Integer::sum) >= MAX_FAILURES) {
                    LOG.log(
                            Level.WARNING,
                            offer.peers.get(peer) + " is asked for no more parts: "
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
            Offer offer,
            int peer,
            int part,
            List<Digest> hashes,
            LinkedBlockingQueue<Answer> answers,
            ExecutorService provers,
            long end) {
        byte[] request = SnapshotService.partRequest(offer.snapshot.height(), hashes.get(part));
        messenger
                .ask(
                        offer.peers.get(peer),
                        SnapshotService.SERVICE,
                        request,
                        RequestOptions.within(left(end, PART_TIMEOUT)))
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
