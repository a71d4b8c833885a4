package online.hypermesh.bootstrap;

import java.util.List;

/** Something the driver does, in the order given. Immutable. */
public sealed interface Command {
    /**
     * Store the record durably before doing what follows.
     *
     * @param record what to store
     */
    record Persist(PhaseRecord record) implements Command {}

    /**
     * Let a port behave as a phase demands; repeating it changes nothing.
     *
     * @param port which port
     * @param phase whose behaviour
     */
    record Swap(Port port, Phase phase) implements Command {}

    /** Ask a validator for a leaf, unless that is under way. */
    record RequestLeaf() implements Command {}

    /**
     * Submit {@link Readiness} to the ledger, unless that is under way.
     *
     * @param phase Phase 2 or 3
     * @param openedBy the fact that was established last
     */
    record AttestReadiness(Phase phase, Fact openedBy) implements Command {}

    /**
     * Report that the node is in another phase.
     *
     * @param from the phase before
     * @param to the phase now
     * @param cause why
     * @param atMillis when, on the machine's clock
     * @param sinceStartMillis how long after the start of the machine
     * @param reason the fact that opened the guard, or the command, for people
     */
    record ReportPhase(Phase from, Phase to, Cause cause, long atMillis, long sinceStartMillis, String reason)
            implements Command {}

    /**
     * Warn that a ceiling passed. The node stays and keeps trying.
     *
     * @param transition the step that is late
     * @param missing what it lacks, in the order of the enum
     * @param lateMillis how long the ceiling has passed
     * @param text for people: what, which facts, what to do
     */
    record RaiseAlarm(Transition transition, List<Fact> missing, long lateMillis, String text) implements Command {
        /**
         * Copies the list.
         *
         * @param transition the step
         * @param missing what it lacks
         * @param lateMillis how long
         * @param text for people
         */
        public RaiseAlarm {
            missing = List.copyOf(missing);
        }
    }

    /**
     * Refuse writes with a clear error and serve reads with their proofs.
     *
     * @param reason for people
     */
    record EnterDegraded(String reason) implements Command {}

    /**
     * Accept writes again.
     *
     * @param reason for people
     */
    record LeaveDegraded(String reason) implements Command {}

    /**
     * Tell the operator that a command was not obeyed.
     *
     * @param refusal why
     */
    record RefuseCommand(SignedPhaseCommand.Refusal refusal) implements Command {}

    /** Why a phase changed. */
    enum Cause {
        /** The guard of the next step opened. */
        ADVANCED,
        /** A checkpoint proved that the network is more than one step ahead. */
        ADOPTED,
        /** An operator ordered it. */
        LOWERED
    }
}
