package online.hypermesh.node.service;

import java.util.Optional;
import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Why a node takes no writes now, although it serves reads with their proofs. Immutable.
 *
 * @param code QUORUM_UNREACHABLE, or SIGNING_STOPPED when the fault is this node's own
 * @param reason what happened
 * @param nextStep what to do about it
 */
record Degradation(Code code, String reason, String nextStep) {
    /** The node's own fault comes first: with the quorum back it would still be there. */
    static Optional<Degradation> of(Optional<ConsensusStatus> consensus, Optional<String> quorumLost) {
        return consensus
                .flatMap(ConsensusStatus::stopped)
                .map(why -> new Degradation(
                        Code.SIGNING_STOPPED,
                        "its consensus " + why,
                        "Send the write to another node; repair the cause, then restart this one"))
                .or(() -> quorumLost.map(
                        why -> new Degradation(Code.QUORUM_UNREACHABLE, why, "Start more validators, then repeat")));
    }

    /** What a write gets. */
    HypermeshException refusal() {
        return new HypermeshException(
                code,
                Retry.WHOLE_OPERATION,
                "this node is DEGRADED and takes no writes: " + reason + ". Reads go on. " + nextStep);
    }
}
