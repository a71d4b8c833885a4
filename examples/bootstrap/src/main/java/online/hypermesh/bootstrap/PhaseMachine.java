package online.hypermesh.bootstrap;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Decides which phase a node is in. Call {@link #start} once, then {@link #on} for everything observed and for a {@link
 * Event.Tick} at least every second or so; carry out the commands in their order. Performs no I/O and reads no clock: the
 * time is the driver's, in milliseconds since 1970; a time that goes back counts as standing still. The same calls give the
 * same commands. Confined to one thread.
 *
 * <p>What holds always: the phase rises only when a guard is open or a {@link Checkpoint} says so, one step at a time except
 * by a checkpoint; no deadline moves it; it falls only by a valid {@link SignedPhaseCommand}. A node restarted in Phase 2 or 3
 * is DEGRADED until it has a quorum, never in a lower phase.
 */
public final class PhaseMachine {
    private static final long FIRST_RETRY_MILLIS = 500;
    private static final long LONGEST_RETRY_MILLIS = 10_000;
    private static final Set<Fact> NEEDED_FOR_LEAF =
            EnumSet.of(Fact.GENESIS_LOADED, Fact.LISTEN_BOUND, Fact.QUORUM_CONNECTED);

    private final List<VerifyKey> operators;
    private final boolean validator;
    private final Ceilings ceilings;
    private final Map<Fact, Held> facts = new EnumMap<>(Fact.class);
    private final Backoff leafRequests = new Backoff(FIRST_RETRY_MILLIS, LONGEST_RETRY_MILLIS);
    private final Backoff attestations = new Backoff(FIRST_RETRY_MILLIS, LONGEST_RETRY_MILLIS);

    private PhaseRecord record;
    private Optional<NetworkPhase> networkPhase = Optional.empty();
    private String quorumLoss = "none was reached since the start";
    private boolean started;
    private boolean degraded;
    private long startMillis;
    private long nowMillis;
    private long deadlineMillis;
    private long alarmAtMillis;
    private long order;

    private record Held(String detail, long order) {}

    /**
     * Creates a machine.
     *
     * @param genesis says who the operators are and whether this node is a validator
     * @param self this node
     * @param ceilings when to raise alarms
     * @param record what the node stored last, or {@link PhaseRecord#initial}
     * @throws IllegalArgumentException if the record is of another network or node
     */
    public PhaseMachine(Genesis genesis, NodeId self, Ceilings ceilings, PhaseRecord record) {
        if (!record.network().equals(genesis.networkId())) {
            throw new IllegalArgumentException("the stored phase is of network " + record.network()
                    + ", the genesis is of " + genesis.networkId() + "; use the data directory of this network");
        }
        if (!record.node().equals(self)) {
            throw new IllegalArgumentException("the stored phase is of node " + record.node() + ", this is " + self
                    + "; use the data directory of this node");
        }
        this.operators = genesis.operators();
        this.validator = genesis.validator(self).isPresent();
        this.ceilings = ceilings;
        this.record = record;
    }

    /**
     * Begins in the stored phase, for a node without a ledger of its own yet.
     *
     * @param now milliseconds since 1970
     * @return what to do first
     */
    public List<Command> start(long now) {
        return start(now, Optional.empty());
    }

    /**
     * Begins in the stored phase, or in the one that this node's own ledger shows when that is higher: a lost or older record
     * never gives back a lower phase, not even until the first event. Only an operator's command that still holds does.
     *
     * @param now milliseconds since 1970
     * @param ownLedger the network's phase by the blocks this node executed before it started; empty if it has none
     * @return what to do first
     */
    public List<Command> start(long now, Optional<Checkpoint> ownLedger) {
        if (started) {
            throw new IllegalStateException("the machine was started before");
        }
        started = true;
        startMillis = now;
        nowMillis = now;
        List<Command> out = new ArrayList<>();
        ownLedger.map(Checkpoint::networkPhase).ifPresent(told -> {
            believe(told);
            if (told.phase().number() > record.phase().number() && !held()) {
                enter(
                        risen(told.phase()),
                        Command.Cause.ADOPTED,
                        "this node's own ledger is in Phase " + told.phase().number() + " since height "
                                + told.height(),
                        out);
            }
        });
        if (out.isEmpty()) {
            swapAll(out);
            scheduleAlarm();
        }
        settle(out);
        return List.copyOf(out);
    }

    /**
     * Takes in an observation.
     *
     * @param now milliseconds since 1970
     * @param event what was observed
     * @return what to do, in this order; often nothing
     */
    public List<Command> on(long now, Event event) {
        if (!started) {
            throw new IllegalStateException("the machine was not started");
        }
        nowMillis = Math.max(nowMillis, now);
        List<Command> out = new ArrayList<>();
        if (event instanceof Event.Established e) {
            establish(e.fact(), e.detail());
        } else if (event instanceof Event.Withdrawn w) {
            facts.remove(w.fact());
            if (w.fact() == Fact.QUORUM_CONNECTED) {
                quorumLoss = w.detail();
            }
        } else if (event instanceof Event.NetworkPhaseProven p) {
            believe(p.checkpoint().networkPhase());
        } else if (event instanceof Event.CommandReceived c) {
            obey(c.command(), out);
        }
        settle(out);
        return List.copyOf(out);
    }

    /**
     * Where the machine stands.
     *
     * @return a snapshot
     */
    public PhaseStatus status() {
        boolean rising = record.phase() != Phase.FULL_FEDERATION && !held();
        return new PhaseStatus(
                record.phase(),
                degraded,
                networkPhase,
                List.copyOf(facts.keySet()),
                rising ? missing(Transition.leaving(record.phase())) : List.of(),
                rising ? Optional.of(deadlineMillis) : Optional.empty(),
                held() ? Optional.of(record.heldUntilMillis()) : Optional.empty());
    }

    private void establish(Fact fact, String detail) {
        Held before = facts.get(fact);
        facts.put(fact, new Held(detail, before == null ? order++ : before.order()));
        if (fact == Fact.LEAF_ISSUED) {
            leafRequests.reset();
        }
    }

    /** A phase of the network is believed once and for good; older ones say nothing new. */
    private void believe(NetworkPhase told) {
        if (networkPhase.isPresent()
                && networkPhase.get().phase().number() >= told.phase().number()) {
            return;
        }
        networkPhase = Optional.of(told);
        String detail = "finalized at height " + told.height();
        if (told.phase().finalized()) {
            establish(Fact.NETWORK_IN_PHASE_2, detail);
        }
        if (told.phase() == Phase.FULL_FEDERATION) {
            establish(Fact.NETWORK_IN_PHASE_3, detail);
        }
    }

    private void obey(SignedPhaseCommand command, List<Command> out) {
        Optional<SignedPhaseCommand.Refusal> refusal = command.refusal(record, operators, nowMillis);
        if (refusal.isPresent()) {
            out.add(new Command.RefuseCommand(refusal.get()));
            return;
        }
        SignedPhaseCommand.Order lower = command.order();
        PhaseRecord next =
                new PhaseRecord(record.network(), record.node(), lower.to(), lower.sequence(), lower.expiresAtMillis());
        enter(next, Command.Cause.LOWERED, "operator's command " + lower.sequence(), out);
    }

    /** Draws every conclusion the facts allow now. */
    private void settle(List<Command> out) {
        boolean rose = true;
        while (rose) {
            rose = rise(out);
        }
        judgeQuorum(out);
        requestLeaf(out);
        attest(out);
        alarm(out);
    }

    private boolean rise(List<Command> out) {
        if (record.phase() == Phase.FULL_FEDERATION || held()) {
            return false;
        }
        if (facts.containsKey(Fact.GENESIS_LOADED)
                && networkPhase.isPresent()
                && networkPhase.get().phase().finalized()
                && networkPhase.get().phase().number() > record.phase().number() + 1) {
            NetworkPhase ahead = networkPhase.get();
            enter(
                    risen(ahead.phase()),
                    Command.Cause.ADOPTED,
                    "the network is in Phase " + ahead.phase().number() + ", finalized at height " + ahead.height(),
                    out);
            return true;
        }
        Transition next = Transition.leaving(record.phase());
        if (!facts.keySet().containsAll(next.guard())) {
            return false;
        }
        enter(risen(next.to()), Command.Cause.ADVANCED, describe(latest(next.guard())), out);
        return true;
    }

    private PhaseRecord risen(Phase to) {
        return new PhaseRecord(record.network(), record.node(), to, record.sequence(), 0);
    }

    private void enter(PhaseRecord next, Command.Cause cause, String reason, List<Command> out) {
        Phase from = record.phase();
        record = next;
        out.add(new Command.Persist(next));
        swapAll(out);
        out.add(new Command.ReportPhase(from, next.phase(), cause, nowMillis, nowMillis - startMillis, reason));
        attestations.reset();
        scheduleAlarm();
    }

    private void swapAll(List<Command> out) {
        for (Port port : Port.values()) {
            out.add(new Command.Swap(port, record.phase()));
        }
    }

    private void judgeQuorum(List<Command> out) {
        boolean lacking = record.phase().finalized() && !facts.containsKey(Fact.QUORUM_CONNECTED);
        if (lacking && !degraded) {
            degraded = true;
            out.add(new Command.EnterDegraded("validators with more than two thirds of the stake are not connected ("
                    + quorumLoss + "); reads are served with their proofs, writes are refused until they are"));
        } else if (!lacking && degraded) {
            degraded = false;
            out.add(new Command.LeaveDegraded(
                    record.phase().finalized() ? describe(Fact.QUORUM_CONNECTED) : "the phase was lowered"));
        }
    }

    private void requestLeaf(List<Command> out) {
        if (!facts.containsKey(Fact.LEAF_ISSUED)
                && facts.keySet().containsAll(NEEDED_FOR_LEAF)
                && leafRequests.fire(nowMillis)) {
            out.add(new Command.RequestLeaf());
        }
    }

    private void attest(List<Command> out) {
        if (!validator || held() || record.phase() == Phase.FULL_FEDERATION) {
            return;
        }
        Transition next = Transition.leaving(record.phase());
        if (!next.readiness().isEmpty()
                && facts.keySet().containsAll(next.readiness())
                && attestations.fire(nowMillis)) {
            out.add(new Command.AttestReadiness(next.to(), latest(next.readiness())));
        }
    }

    private void scheduleAlarm() {
        if (record.phase() != Phase.FULL_FEDERATION) {
            Transition next = Transition.leaving(record.phase());
            deadlineMillis =
                    Math.max(startMillis + ceilings.untilMillis(next), nowMillis + ceilings.windowMillis(next));
            alarmAtMillis = deadlineMillis;
        }
    }

    private void alarm(List<Command> out) {
        if (record.phase() == Phase.FULL_FEDERATION || nowMillis < alarmAtMillis) {
            return;
        }
        Transition late = Transition.leaving(record.phase());
        alarmAtMillis = nowMillis + ceilings.windowMillis(late);
        if (held()) {
            return;
        }
        List<Fact> missing = missing(late);
        String facts = missing.stream()
                .map(fact -> fact + " (" + fact.text() + "; " + fact.remedy() + ")")
                .collect(Collectors.joining(", "));
        out.add(new Command.RaiseAlarm(
                late,
                missing,
                nowMillis - deadlineMillis,
                "still in Phase " + late.from().number() + " " + (nowMillis - startMillis)
                        + " ms after the start, staying there and trying on; Phase "
                        + late.to().number() + " lacks: " + facts));
    }

    private List<Fact> missing(Transition transition) {
        EnumSet<Fact> missing = EnumSet.noneOf(Fact.class);
        missing.addAll(transition.guard());
        if (validator) {
            missing.addAll(transition.readiness());
        }
        missing.removeAll(facts.keySet());
        return List.copyOf(missing);
    }

    private boolean held() {
        return nowMillis < record.heldUntilMillis();
    }

    private Fact latest(Set<Fact> needed) {
        return needed.stream()
                .max(Comparator.comparingLong(fact -> held(fact).order()))
                .orElseThrow();
    }

    private String describe(Fact fact) {
        String detail = held(fact).detail();
        return fact + ": " + (detail.isEmpty() ? fact.text() : fact.text() + ", " + detail);
    }

    private Held held(Fact fact) {
        Held held = facts.get(fact);
        if (held == null) {
            throw new IllegalStateException("guard opened without " + fact);
        }
        return held;
    }
}
