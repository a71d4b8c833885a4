package online.hypermesh.bootstrap;

import java.util.List;
import java.util.Optional;

/**
 * Where a {@link PhaseMachine} stands. Immutable.
 *
 * @param phase the node's phase
 * @param degraded whether it lacks the quorum in Phase 2 or 3
 * @param networkPhase the highest network phase it believes
 * @param held what it holds, in the order of the enum
 * @param missing what it lacks for the next step, in the order of the enum; empty in Phase 3 and while held down
 * @param deadlineMillis when the step is late, on the machine's clock; empty in Phase 3 and while held down
 * @param heldUntilMillis until when an operator's command holds it down
 */
public record PhaseStatus(
        Phase phase,
        boolean degraded,
        Optional<NetworkPhase> networkPhase,
        List<Fact> held,
        List<Fact> missing,
        Optional<Long> deadlineMillis,
        Optional<Long> heldUntilMillis) {
    /**
     * Copies the lists.
     *
     * @param phase the node's phase
     * @param degraded whether it lacks the quorum
     * @param networkPhase highest believed
     * @param held facts held
     * @param missing facts missing
     * @param deadlineMillis when the step is late
     * @param heldUntilMillis end of an operator's hold
     */
    public PhaseStatus {
        held = List.copyOf(held);
        missing = List.copyOf(missing);
    }
}
