package online.hypermesh.node.client;

import java.util.Optional;
import java.util.function.Supplier;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.bootstrap.Checkpoint;
import online.hypermesh.bootstrap.NetworkPhase;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The network's phase as a client believes it: proven by recent finalized state, never lower than proven before. What a node
 * says of its own phase plays no part. Thread-safe.
 */
final class ProvenPhase {
    private final LightClient lightClient;
    private final long maxAgeMillis;
    private Optional<NetworkPhase> highest = Optional.empty();

    /**
     * Knows no phase yet.
     *
     * @param lightClient verifies proofs from the founding document
     * @param maxAgeMillis oldest state that speaks for the present
     */
    ProvenPhase(LightClient lightClient, long maxAgeMillis) {
        this.lightClient = lightClient;
        this.maxAgeMillis = maxAgeMillis;
    }

    /**
     * Requires that the network is in a phase that allows something. A node is asked for a proof unless what was proven
     * before forbids it already.
     *
     * @param highestAllowed the last phase that allows it
     * @param what what it is, for the error
     * @param proof asks the node for its proof of the network's phase
     * @param nowMillis milliseconds since 1970
     * @throws HypermeshException INVALID_PROOF when the phase forbids it or is not proven
     */
    void requireAtMost(Phase highestAllowed, String what, Supplier<StateProof> proof, long nowMillis) {
        Optional<NetworkPhase> known = highest();
        if (known.isEmpty() || known.get().phase().number() <= highestAllowed.number()) {
            known = Optional.of(learn(ask(what, proof), what, nowMillis));
        }
        NetworkPhase phase = known.get();
        if (phase.phase().number() > highestAllowed.number()) {
            throw refused(
                    "the network is in Phase " + phase.phase().number() + " since height " + phase.height() + ", and "
                            + what + " counts in Phase " + highestAllowed.number() + " at most",
                    null);
        }
    }

    private static StateProof ask(String what, Supplier<StateProof> proof) {
        try {
            return proof.get();
        } catch (CodedException | IllegalArgumentException e) {
            throw refused(what + " comes from a node that does not prove the network's phase: " + e.getMessage(), e);
        }
    }

    private NetworkPhase learn(StateProof proof, String what, long nowMillis) {
        if (Checkpoint.verify(proof, lightClient) instanceof Checkpoint.Verification.Believed believed) {
            long ageMillis = nowMillis - proof.header().timeMillis();
            if (ageMillis > maxAgeMillis) {
                throw refused(
                        what + " comes with a proof of the network's phase that is " + ageMillis + " ms old, limit "
                                + maxAgeMillis + " ms",
                        null);
            }
            return raise(believed.checkpoint().networkPhase());
        }
        throw refused(what + " comes with a proof of the network's phase that does not hold", null);
    }

    private synchronized Optional<NetworkPhase> highest() {
        return highest;
    }

    private synchronized NetworkPhase raise(NetworkPhase told) {
        NetworkPhase now =
                highest.filter(h -> h.phase().number() >= told.phase().number()).orElse(told);
        highest = Optional.of(now);
        return now;
    }

    private static HypermeshException refused(String why, @org.jspecify.annotations.Nullable Throwable cause) {
        return new HypermeshException(
                Code.INVALID_PROOF,
                Retry.WHOLE_OPERATION,
                "the node's answer is not believed: " + why + ". Ask another node, and see: hypermesh status",
                cause);
    }
}
