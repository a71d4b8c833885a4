package online.hypermesh.bootstrap;

import static online.hypermesh.bootstrap.FourNodes.VALIDATORS;
import static online.hypermesh.bootstrap.FourNodes.id;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Four machines, the real ledger module between them, and a driver that delivers facts late, twice, out of order, takes them
 * back, replays old checkpoints and restarts nodes from their stored record. Checks after every step that no phase falls, is
 * skipped or outruns the ledger. One seed is one run.
 */
final class PhaseMachineSimulation {
    private static final long T0 = 1_700_000_000_000L;
    private static final Set<Fact> LOCAL = EnumSet.of(
            Fact.GENESIS_LOADED,
            Fact.LISTEN_BOUND,
            Fact.QUORUM_CONNECTED,
            Fact.LEDGER_CERTIFIED,
            Fact.NAMES_AGREE,
            Fact.MEMBER_LEAVES_FINALIZED);

    private final long seed;
    private final Random random;
    private final Set<Fact> withheld;
    private final int withheldAt;
    private final FourNodes network = new FourNodes();
    private final List<Checkpoint> history = new ArrayList<>();
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final PriorityQueue<Step> queue =
            new PriorityQueue<>(Comparator.comparingLong(Step::atMillis).thenComparingLong(Step::order));
    private final StringBuilder trace = new StringBuilder();
    private long order;
    private long nowMillis = T0;

    private record Step(long atMillis, long order, Runnable action) {}

    private static final class SimulatedNode {
        PhaseRecord stored;
        PhaseMachine machine;
        int incarnation;
        final List<Command.RaiseAlarm> alarms = new ArrayList<>();

        SimulatedNode(PhaseRecord stored, PhaseMachine machine) {
            this.stored = stored;
            this.machine = machine;
        }
    }

    /**
     * Prepares a run.
     *
     * @param seed of the run
     * @param withheld facts nobody establishes
     * @param withheldAt index of the only node they are withheld from, or -1 for all
     */
    PhaseMachineSimulation(long seed, Set<Fact> withheld, int withheldAt) {
        this.seed = seed;
        this.random = new Random(seed);
        this.withheld = withheld;
        this.withheldAt = withheldAt;
        history.add(Checkpoint.ofOwnState(network.networkPhase()));
        for (int i = 0; i < VALIDATORS.size(); i++) {
            PhaseRecord fresh = PhaseRecord.initial(network.genesis().networkId(), id(VALIDATORS.get(i)));
            nodes.add(new SimulatedNode(fresh, network.machine(fresh)));
        }
    }

    /** Runs disturbed, then undisturbed. */
    void run(long disturbedMillis, long calmMillis) {
        for (int i = 0; i < nodes.size(); i++) {
            boot(i);
        }
        if (disturbedMillis > 0) {
            disturb(T0 + disturbedMillis);
        }
        long end = T0 + disturbedMillis + calmMillis;
        at(disturbedMillis, this::heal);
        while (!queue.isEmpty() && queue.peek().atMillis() <= end) {
            Step step = queue.poll();
            nowMillis = step.atMillis();
            step.action().run();
        }
    }

    PhaseStatus status(int node) {
        return nodes.get(node).machine.status();
    }

    List<Command.RaiseAlarm> alarms(int node) {
        return nodes.get(node).alarms;
    }

    NetworkPhase networkPhase() {
        return network.networkPhase();
    }

    Digest traceHash() {
        return Digest.sha256(trace.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void boot(int index) {
        SimulatedNode node = nodes.get(index);
        int incarnation = ++node.incarnation;
        node.machine = network.machine(PhaseRecord.decode(node.stored.encode()));
        PhaseMachine machine = node.machine;
        perform(index, machine.start(nowMillis));
        for (Fact fact : LOCAL) {
            tellLater(index, incarnation, fact, random.nextInt(3000));
        }
        ticks(index, incarnation);
    }

    private void ticks(int index, int incarnation) {
        after(1000, () -> {
            if (nodes.get(index).incarnation == incarnation) {
                deliver(index, new Event.Tick());
                deliver(index, new Event.NetworkPhaseProven(history.get(random.nextInt(history.size()))));
                ticks(index, incarnation);
            }
        });
    }

    /** Restarts, losses and recoveries at random until a time. */
    private void disturb(long untilMillis) {
        after(100 + random.nextInt(2000), () -> {
            if (nowMillis >= untilMillis) {
                return;
            }
            int index = random.nextInt(nodes.size());
            int kind = random.nextInt(4);
            if (kind == 0) {
                boot(index);
            } else if (kind == 1) {
                Fact lost = new ArrayList<>(LOCAL).get(random.nextInt(LOCAL.size()));
                deliver(index, new Event.Withdrawn(lost, "disturbed"));
                tellLater(index, nodes.get(index).incarnation, lost, random.nextInt(20_000));
            } else if (kind == 2) {
                deliver(index, new Event.Withdrawn(Fact.LEAF_ISSUED, "expired"));
                deliver(index, new Event.Withdrawn(Fact.LEAF_FINALIZED, "expired"));
                deliver(index, new Event.Withdrawn(Fact.STAPLE_OBTAINED, "expired"));
            } else {
                tellLater(
                        index,
                        nodes.get(index).incarnation,
                        new ArrayList<>(LOCAL).get(random.nextInt(LOCAL.size())),
                        0);
            }
            disturb(untilMillis);
        });
    }

    private void heal() {
        for (int i = 0; i < nodes.size(); i++) {
            for (Fact fact : LOCAL) {
                tellLater(i, nodes.get(i).incarnation, fact, random.nextInt(1000));
            }
        }
    }

    private void tellLater(int index, int incarnation, Fact fact, long delayMillis) {
        if (withheld.contains(fact) && (withheldAt < 0 || withheldAt == index)) {
            return;
        }
        after(delayMillis, () -> {
            if (nodes.get(index).incarnation == incarnation) {
                deliver(index, new Event.Established(fact, ""));
            }
        });
    }

    private void deliver(int index, Event event) {
        perform(index, nodes.get(index).machine.on(nowMillis, event));
    }

    private void perform(int index, List<Command> commands) {
        SimulatedNode node = nodes.get(index);
        int incarnation = node.incarnation;
        for (Command command : commands) {
            trace.append(nowMillis - T0)
                    .append(' ')
                    .append(index)
                    .append(' ')
                    .append(command)
                    .append('\n');
            if (command instanceof Command.Persist p) {
                assertThat(p.record().phase().number())
                        .as("seed %d: node %d fell", seed, index)
                        .isGreaterThanOrEqualTo(node.stored.phase().number());
                node.stored = p.record();
            } else if (command instanceof Command.Swap s) {
                assertThat(s.phase())
                        .as("seed %d: node %d acted before it remembered", seed, index)
                        .isEqualTo(node.stored.phase());
            } else if (command instanceof Command.ReportPhase r) {
                checkReport(index, r);
            } else if (command instanceof Command.RequestLeaf) {
                tellLater(index, incarnation, Fact.LEAF_ISSUED, 50 + random.nextInt(500));
                tellLater(index, incarnation, Fact.LEAF_FINALIZED, 600 + random.nextInt(500));
                tellLater(index, incarnation, Fact.STAPLE_OBTAINED, 1200 + random.nextInt(500));
            } else if (command instanceof Command.AttestReadiness a) {
                after(random.nextInt(400), () -> attest(index, a.phase()));
            } else if (command instanceof Command.RaiseAlarm a) {
                node.alarms.add(a);
            }
        }
    }

    private void checkReport(int index, Command.ReportPhase report) {
        int step = report.to().number() - report.from().number();
        if (report.cause() == Command.Cause.ADVANCED) {
            assertThat(step).as("seed %d: node %d skipped", seed, index).isEqualTo(1);
        } else {
            assertThat(report.cause()).as("seed %d: node %d", seed, index).isEqualTo(Command.Cause.ADOPTED);
            assertThat(step).as("seed %d: node %d", seed, index).isGreaterThan(1);
        }
        if (report.to().finalized()) {
            assertThat(report.to().number())
                    .as("seed %d: node %d outran the ledger", seed, index)
                    .isLessThanOrEqualTo(network.networkPhase().phase().number());
        }
    }

    private void attest(int index, Phase phase) {
        NetworkPhase before = network.networkPhase();
        network.attest(VALIDATORS.get(index), phase);
        NetworkPhase now = network.networkPhase();
        if (!now.equals(before)) {
            assertThat(now.phase().number())
                    .as("seed %d: the network skipped", seed)
                    .isEqualTo(before.phase().number() + 1);
            Checkpoint checkpoint = Checkpoint.ofOwnState(now);
            history.add(checkpoint);
            for (int i = 0; i < nodes.size(); i++) {
                int to = i;
                after(random.nextInt(800), () -> deliver(to, new Event.NetworkPhaseProven(checkpoint)));
            }
        }
    }

    private void after(long delayMillis, Runnable action) {
        queue.add(new Step(nowMillis + delayMillis, order++, action));
    }

    private void at(long sinceStartMillis, Runnable action) {
        queue.add(new Step(T0 + sinceStartMillis, order++, action));
    }
}
