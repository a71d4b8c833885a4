package online.hypermesh.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.Batching;
import online.hypermesh.impl.consensus.EpochView;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.jspecify.annotations.Nullable;

/**
 * Validators on one thread in virtual time. First things go wrong as the scenario says, then everything heals, and within a
 * bound every honest validator must stand at the same height with nothing waiting, and then stand still. Deterministic: the
 * same seed and scenario give the same trace hash.
 */
public final class Simulation {
    private static final long MILLI = 1_000_000L;
    private static final long LIVENESS_MILLIS = 60_000;
    private static final long IDLE_MILLIS = 5_000;
    private static final long LATE_VIEWS = 2;
    private static final long MAX_STEPS = 200_000;
    private static final long START_WALL_MILLIS = 1_800_000_000_000L;
    static final Parameters PARAMETERS = new Parameters(3600, 65_536, 1_048_576, 3_600_000, 5_000, 200, 3);

    /**
     * How a run ended; it held every invariant.
     *
     * @param traceHash hash over everything that happened, in order
     * @param steps events handled
     * @param finalizedHeight height all honest validators agree on
     * @param epochs the epoch they stand in
     * @param views the view of it they stand in
     * @param crashes power failures and wipes
     * @param evidence contradictions reported by honest validators
     * @param healMillis virtual milliseconds from healing until all agreed
     * @param answers calls of clients that were answered and explained by one order; 0 where there were no clients
     * @param faults what went wrong, by kind
     */
    public record Result(
            String traceHash,
            long steps,
            long finalizedHeight,
            long epochs,
            long views,
            int crashes,
            int evidence,
            long healMillis,
            long answers,
            Map<String, Long> faults) {}

    interface Step {
        void run();
    }

    private record Scheduled(long atNanos, long sequence, Step step) {}

    private final Scenario scenario;
    private final SplittableRandom random;
    private final Trace trace = new Trace();
    private final Invariants invariants;
    private final List<SimNode> nodes = new ArrayList<>();
    private final PriorityQueue<Scheduled> queue = new PriorityQueue<>((a, b) ->
            a.atNanos != b.atNanos ? Long.compare(a.atNanos, b.atNanos) : Long.compare(a.sequence, b.sequence));
    private final SimSets sets;
    private final SimTree reference;
    private final SimTree.Shared shared = new SimTree.Shared();
    private final SimNetwork network;
    private final long[] wakeAt;
    private final SigningKey client = SimKeys.key(100);

    private long now;
    private long sequence;
    private long steps;
    private boolean healed;
    private int crashes;
    private int evidence;
    private int lastWiped = -1;
    private long wipedInEpoch;
    private boolean aiming;
    private final Map<String, Long> faults = new TreeMap<>();
    private long nonce;
    private final @Nullable SimClients clients;
    private final @Nullable TwinsSchedule twins;

    private Simulation(long seed, Scenario scenario, @Nullable TwinsSchedule twins, boolean inner) {
        this.scenario = scenario;
        this.twins = twins;
        this.random = new SplittableRandom(seed);
        int n = scenario.stakes().length;
        this.invariants = new Invariants(
                new SimSets(scenario, seed, scenario.stakes()),
                BitSet.valueOf(new long[] {scenario.byzantine()}),
                PARAMETERS.maxClockErrorMillis(),
                inner);
        this.network = new SimNetwork(this, scenario, twins == null ? n : n + 1, random);
        this.wakeAt = new long[twins == null ? n : n + 1];
        this.sets = new SimSets(scenario, seed, scenario.stakes());
        this.reference = new SimTree(SimKeys.network(), sets);
        this.clients = scenario.clients() ? new SimClients(this, seed, scenario.mutant() == Mutant.STALE_READS) : null;
        for (int i = 0; i < n; i++) {
            nodes.add(node(seed, i, i));
        }
        if (twins != null) {
            nodes.add(node(seed, n, twins.twin()));
        }
    }

    private SimNode node(long seed, int index, int validator) {
        long[] stakes = scenario.stakes().clone();
        if (scenario.mutant() == Mutant.QUORUM_TOO_SMALL) {
            stakes[validator] *= 5;
        }
        boolean faulty = scenario.isByzantine(validator);
        return new SimNode(
                this,
                index,
                validator,
                new SimSets(scenario, seed, stakes),
                PARAMETERS,
                faulty,
                faulty ? scenario.tactics() : Set.of(),
                scenario.mutant(),
                random.split());
    }

    /**
     * Runs the scenario of a seed.
     *
     * @param seed the seed
     * @return how it ended
     * @throws SimFailure if an invariant did not hold
     */
    public static Result run(long seed) {
        return run(seed, Scenario.of(seed));
    }

    /**
     * Runs a scenario.
     *
     * @param seed decides every chance
     * @param scenario what goes wrong
     * @return how it ended
     * @throws SimFailure if an invariant did not hold
     */
    public static Result run(long seed, Scenario scenario) {
        return run(seed, scenario, true);
    }

    /** Without {@code inner}, only what users of the network would notice is looked at. */
    static Result run(long seed, Scenario scenario, boolean inner) {
        return new Simulation(seed, scenario, null, inner).run();
    }

    /**
     * Runs a schedule in which one of four validators runs twice and the machines are divided anew in every view.
     *
     * @param number names the schedule; those from 0 to 2^30 - 1 differ, others repeat them with other delays
     * @return how it ended
     * @throws SimFailure if an invariant did not hold
     */
    public static Result runTwins(long number) {
        return runTwins(number, Mutant.NONE);
    }

    static Result runTwins(long number, Mutant mutant) {
        TwinsSchedule twins = TwinsSchedule.of(number);
        return new Simulation(number, Scenario.twins(twins.twin()).with(mutant), twins, true).run();
    }

    private Result run() {
        for (SimNode node : nodes) {
            after(random.nextInt(twins == null ? 300 : 3) * MILLI, () -> boot(node));
        }
        if (twins == null) {
            submitLater();
        }
        if (scenario.lateFinality()) {
            network.divide(1 << nodes.size() - 1, false);
        }
        if (clients != null) {
            clients.start();
        }
        if (scenario.partitions()) {
            partitionLater();
        }
        if (scenario.wipes()) {
            wipeLater();
        }
        if (twins == null) {
            runUntil(scenario.faultyMillis() * MILLI);
        } else {
            divide(twins);
        }
        heal();
        long healedAt = now;
        while (!agreed()) {
            if (now - healedAt > LIVENESS_MILLIS * MILLI || queue.isEmpty()) {
                throw new SimFailure("LIVENESS", LIVENESS_MILLIS + " ms after healing: " + states());
            }
            step();
        }
        long healMillis = (now - healedAt) / MILLI;
        EpochView view = farthest();
        long height = invariants.highest();
        runUntil(now + (twins == null ? IDLE_MILLIS * MILLI : 0));
        if (clients != null) {
            clients.check();
        }
        EpochView viewAfter = farthest();
        long views = viewAfter.view() - (viewAfter.epoch() == view.epoch() ? view.view() : 0);
        // Where epochs end, a leader that lost its log and has to rejoin in the new one loses a view first.
        int most = scenario.wipes() && viewAfter.epoch() > view.epoch() ? 3 : 2;
        if (!scenario.hasByzantine()
                && (viewAfter.epoch() > view.epoch() + 1 || views > most || invariants.highest() > height + 2)) {
            throw new SimFailure(
                    "IDLE", "views went from " + view + " to " + viewAfter + " with nothing to do: " + states());
        }
        return new Result(
                trace.hash(),
                steps,
                invariants.highest(),
                viewAfter.epoch(),
                viewAfter.view(),
                crashes,
                evidence,
                healMillis,
                clients == null ? 0 : clients.answers(),
                new TreeMap<>(faults));
    }

    /** Until every division is over. */
    private void divide(TwinsSchedule schedule) {
        while (!schedule.isOver()) {
            if (now > scenario.faultyMillis() * MILLI) {
                throw new SimFailure("LIVENESS", "divided views last longer than their divisions: " + states());
            }
            step();
        }
    }

    /** Every view of a schedule of divisions has something of its own to decide. */
    private void entered(TwinsSchedule schedule, SimNode node) {
        if (!healed && node.isUp() && schedule.entered(node.view(), now)) {
            Message.Gossip gossip = new Message.Gossip(List.of(transaction()));
            nodes.forEach(n -> after(1, () -> deliver(n, new Event.Received(n.id, gossip))));
        }
    }

    /** Who runs twice and how machines are divided; null where that is not what goes wrong. */
    @Nullable
    TwinsSchedule twins() {
        return twins;
    }

    /** The clients of the network; null where there are none. */
    @Nullable
    SimClients clients() {
        return clients;
    }

    boolean isHealed() {
        return healed;
    }

    /** Some honest node that is up. */
    Optional<SimNode> honestNode(SplittableRandom choice) {
        List<SimNode> up = nodes.stream().filter(n -> n.isUp() && !n.byzantine).toList();
        return up.isEmpty() ? Optional.empty() : Optional.of(up.get(choice.nextInt(up.size())));
    }

    /** A client hands a transaction to a node. */
    void submit(SimNode node, Transaction transaction) {
        deliver(node, new Event.Taken(List.of(transaction), true));
    }

    private EpochView farthest() {
        return nodes.stream().map(SimNode::position).reduce(EpochView.START, EpochView::max);
    }

    // ---------------------------------------------------------------- time

    long nowNanos() {
        return now;
    }

    long wallMillis() {
        return START_WALL_MILLIS + now / MILLI;
    }

    /** What the trees of nodes have in common; nothing where they believe in different validators. */
    SimTree.Shared shared() {
        return scenario.mutant() == Mutant.QUORUM_TOO_SMALL ? new SimTree.Shared() : shared;
    }

    SimNetwork network() {
        return network;
    }

    /** All machines. */
    List<SimNode> nodes() {
        return nodes;
    }

    /** A tree that executes what is final, apart from all nodes. */
    SimTree reference() {
        return reference;
    }

    Invariants invariants() {
        return invariants;
    }

    void after(long delayNanos, Step step) {
        queue.add(new Scheduled(now + delayNanos, sequence++, step));
    }

    private void runUntil(long atNanos) {
        while (!queue.isEmpty() && queue.peek().atNanos <= atNanos) {
            step();
        }
        now = atNanos;
    }

    private void step() {
        Scheduled next = queue.remove();
        if (++steps > MAX_STEPS) {
            throw new SimFailure("BOUNDED", MAX_STEPS + " steps: " + states());
        }
        now = next.atNanos;
        next.step.run();
    }

    void record(String what, int node, byte[] detail) {
        trace.add(now);
        trace.add(((long) what.hashCode() << 32) + node);
        trace.add(detail);
    }

    private void wake(SimNode node) {
        long at = Math.max(node.deadlineNanos(), now + 1);
        if (node.isUp() && (wakeAt[node.index] <= now || at < wakeAt[node.index])) {
            wakeAt[node.index] = at;
            queue.add(new Scheduled(at, sequence++, () -> {
                if (wakeAt[node.index] == at) {
                    wakeAt[node.index] = 0;
                    if (node.isUp() && node.deadlineNanos() <= now) {
                        deliver(node, new Event.Tick());
                        if (node.isUp() && node.deadlineNanos() <= now) {
                            throw new SimFailure("NO_BUSY_WAITING", "node " + node.index + " " + node.state());
                        }
                    } else {
                        wake(node);
                    }
                }
            }));
        }
    }

    void deliver(SimNode node, Event event) {
        node.handle(event);
        if (!node.isUp()) {
            restartSoon(node);
        }
        wake(node);
        if (twins != null) {
            entered(twins, node);
        }
    }

    // ---------------------------------------------------------------- machines

    private void boot(SimNode node) {
        if (!node.isUp()) {
            record("boot", node.index, new byte[0]);
            node.start();
            if (!node.isUp()) {
                restartSoon(node);
            }
            wake(node);
            if (twins != null) {
                entered(twins, node);
            }
        }
    }

    void restartSoon(SimNode node) {
        after((1 + random.nextInt(healed ? 100 : 2_000)) * MILLI, () -> boot(node));
    }

    boolean crashNow(int node) {
        if (healed || scenario.crashPerMille() == 0 || random.nextInt(1000) >= scenario.crashPerMille()) {
            return false;
        }
        crashes++;
        count("crash");
        record("crash", node, new byte[0]);
        return true;
    }

    /** Wipes another node only when the last one votes again, and no epoch is left in which it may have to rejoin. */
    private void wipeLater() {
        after((500 + random.nextInt(3_000)) * MILLI, () -> {
            if (!healed && !aiming && isCalm()) {
                aiming = random.nextBoolean();
                if (!aiming) {
                    wipe(nodes.get(random.nextInt(nodes.size())));
                }
            }
            if (!healed) {
                wipeLater();
            }
        });
    }

    private boolean isCalm() {
        if (lastWiped < 0) {
            return true;
        }
        SimNode last = nodes.get(lastWiped);
        long rejoined = Math.max(wipedInEpoch, last.rejoinedEpoch());
        return last.state().startsWith("signing")
                && (scenario.epochMillis() == 0 || last.position().epoch() > rejoined + 1);
    }

    private void wipe(SimNode node) {
        aiming = false;
        lastWiped = node.index;
        wipedInEpoch = farthest().epoch();
        crashes++;
        count("wipe");
        record("wipe", node.index, new byte[0]);
        boolean wasUp = node.isUp();
        node.wipe();
        if (wasUp) {
            restartSoon(node);
        }
    }

    /**
     * A vote leaves an honest node. The worst moment to lose its disk is when somebody it will ask is views behind it, and for
     * some time it hears nobody else.
     */
    void voted(SimNode node, EpochView at) {
        if (!aiming || healed || !isCalm()) {
            return;
        }
        for (SimNode late : nodes) {
            if (late != node
                    && late.isUp()
                    && late.position().epoch() == at.epoch()
                    && late.position().view() + LATE_VIEWS <= at.view()) {
                aiming = false;
                after(1, () -> {
                    if (!healed) {
                        count("wipe-after-vote");
                        wipe(node);
                        network.isolate(node.index, late.index);
                    }
                });
                return;
            }
        }
    }

    private void partitionLater() {
        after((100 + random.nextInt(1_500)) * MILLI, () -> {
            if (healed) {
                return;
            }
            boolean oneWay = random.nextInt(3) == 0;
            int side = random.nextInt(1 << nodes.size());
            network.divide(side, oneWay);
            count("partition");
            record("partition", side, new byte[0]);
            after((100 + random.nextInt(2_500)) * MILLI, network::join);
            partitionLater();
        });
    }

    private void submitLater() {
        after((20 + random.nextInt(400)) * MILLI, () -> {
            if (healed) {
                return;
            }
            SimNode node = nodes.get(random.nextInt(nodes.size()));
            if (node.isUp() && !node.byzantine) {
                deliver(node, new Event.Taken(transactions(), true));
            }
            submitLater();
        });
    }

    /** One, or as many as a core treats as a batch. */
    private List<BodyEntry> transactions() {
        List<BodyEntry> some = new ArrayList<>();
        int count = random.nextInt(4) == 0 ? Batching.MANY : 1;
        while (some.size() < count) {
            some.add(transaction());
        }
        return some;
    }

    private Transaction transaction() {
        byte[] payload = ByteBuffer.allocate(8).putLong(nonce).array();
        return new Transaction(
                SimKeys.network(),
                client.verifyKey(),
                nonce++,
                "sim",
                payload,
                Signature.of(ByteBuffer.allocate(64).putLong(nonce).array()));
    }

    private void heal() {
        healed = true;
        network.join();
        nodes.forEach(this::boot);
        if (clients != null) {
            clients.heal();
        }
        SimNode node =
                nodes.stream().filter(n -> n.isUp() && !n.byzantine).findFirst().orElseThrow();
        deliver(node, new Event.Taken(List.of(transaction()), true));
    }

    private boolean agreed() {
        long highest = invariants.highest();
        return highest > 0
                && nodes.stream()
                        .filter(n -> !n.byzantine)
                        .allMatch(n -> n.isUp() && n.finalizedHeight() == highest && n.isIdle());
    }

    private String states() {
        StringBuilder s = new StringBuilder();
        nodes.forEach(n -> s.append("\n  n")
                .append(n.index)
                .append(n.byzantine ? "! " : "  ")
                .append(n.state()));
        return s.toString();
    }

    /** Notes that something went wrong. */
    void count(String fault) {
        faults.merge(fault, 1L, Long::sum);
    }

    /** Does something after a while. */
    void later(int millis, Step step) {
        after(millis * MILLI, step);
    }

    void reported(Equivocation e) {
        ValidatorSet set = sets.set(e.epoch());
        if (!scenario.isByzantine(sets.node(set, e.validator()))
                || !SimKeys.verifier(set).holds(e.validator(), e.first(), e.firstSignature())
                || !SimKeys.verifier(set).holds(e.validator(), e.second(), e.secondSignature())) {
            throw new SimFailure("NO_FALSE_EVIDENCE", "honest validator " + e.validator() + " accused: " + e);
        }
        evidence++;
    }
}
