package online.hypermesh.bootstrap;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** One step upwards: what a node must hold before it says it is ready, and what opens the step. */
public enum Transition {
    /** Phase 0 to 1, opened by the node's own facts. */
    TO_TRUST(
            Phase.TRADITIONAL,
            EnumSet.noneOf(Fact.class),
            EnumSet.of(Fact.GENESIS_LOADED, Fact.LISTEN_BOUND, Fact.QUORUM_CONNECTED, Fact.LEAF_ISSUED)),
    /** Phase 1 to 2, opened by the network. */
    TO_PARTIAL_FEDERATION(
            Phase.TRUST,
            EnumSet.of(
                    Fact.QUORUM_CONNECTED,
                    Fact.LEAF_ISSUED,
                    Fact.LEAF_FINALIZED,
                    Fact.STAPLE_OBTAINED,
                    Fact.LEDGER_CERTIFIED,
                    Fact.NAMES_AGREE),
            EnumSet.of(Fact.GENESIS_LOADED, Fact.NETWORK_IN_PHASE_2)),
    /** Phase 2 to 3, opened by the network. */
    TO_FULL_FEDERATION(
            Phase.PARTIAL_FEDERATION,
            EnumSet.of(
                    Fact.QUORUM_CONNECTED,
                    Fact.LEAF_ISSUED,
                    Fact.LEAF_FINALIZED,
                    Fact.STAPLE_OBTAINED,
                    Fact.LEDGER_CERTIFIED,
                    Fact.NAMES_AGREE,
                    Fact.MEMBER_LEAVES_FINALIZED),
            EnumSet.of(Fact.GENESIS_LOADED, Fact.NETWORK_IN_PHASE_3));

    private final Phase from;
    private final Set<Fact> readiness;
    private final Set<Fact> guard;

    Transition(Phase from, Set<Fact> readiness, Set<Fact> guard) {
        this.from = from;
        this.readiness = Collections.unmodifiableSet(readiness);
        this.guard = Collections.unmodifiableSet(guard);
    }

    /**
     * The step that leaves a phase.
     *
     * @param phase Phase 0, 1 or 2
     * @return the step
     * @throws IllegalArgumentException for Phase 3
     */
    public static Transition leaving(Phase phase) {
        if (phase == Phase.FULL_FEDERATION) {
            throw new IllegalArgumentException("no step leaves Phase 3 upwards");
        }
        return values()[phase.ordinal()];
    }

    /**
     * Where it begins.
     *
     * @return the lower phase
     */
    public Phase from() {
        return from;
    }

    /**
     * Where it ends.
     *
     * @return the next phase
     */
    public Phase to() {
        return Phase.of(from.number() + 1L);
    }

    /**
     * What a validator holds before it attests that it is ready.
     *
     * @return the facts in the order of the enum; empty when nothing is attested
     */
    public Set<Fact> readiness() {
        return readiness;
    }

    /**
     * What opens the step.
     *
     * @return the facts in the order of the enum
     */
    public Set<Fact> guard() {
        return guard;
    }
}
