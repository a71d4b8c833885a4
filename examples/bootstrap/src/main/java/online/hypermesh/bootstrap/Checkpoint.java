package online.hypermesh.bootstrap;

import java.util.Arrays;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.cbor.CborException;

/**
 * The network's phase, believed for a reason: proven against a finality certificate, or executed by this node itself. There
 * is no other way to make one. Immutable.
 */
public final class Checkpoint {
    private final NetworkPhase networkPhase;

    private Checkpoint(NetworkPhase networkPhase) {
        this.networkPhase = networkPhase;
    }

    /** What came of verifying a proof. */
    public sealed interface Verification {
        /**
         * The proof holds.
         *
         * @param checkpoint what it proves
         */
        record Believed(Checkpoint checkpoint) implements Verification {}

        /**
         * The proof does not hold, or proves something else.
         *
         * @param why the failed check
         */
        record Refused(Verdict.Rejected why) implements Verification {}
    }

    /**
     * Believes an untrusted node's proof if it holds.
     *
     * @param proof of {@link NetworkPhaseModule#currentKey()} in {@link NetworkPhaseModule#NAME}
     * @param lightClient verifies it from the validator set
     * @return the checkpoint, or the failed check
     */
    public static Verification verify(StateProof proof, LightClient lightClient) {
        if (!proof.module().equals(NetworkPhaseModule.NAME)
                || !Arrays.equals(proof.key(), NetworkPhaseModule.currentKey())) {
            return refused("the proof is about another key, in module \"" + proof.module() + "\"");
        }
        Verdict verdict = lightClient.verify(proof);
        if (verdict instanceof Verdict.Rejected rejected) {
            return new Verification.Refused(rejected);
        }
        if (proof.value().isEmpty()) {
            return refused("the proof shows that the network's phase is absent");
        }
        try {
            return new Verification.Believed(
                    new Checkpoint(NetworkPhase.decode(proof.value().get())));
        } catch (CborException | IllegalArgumentException e) {
            return refused("the proven value is not a network phase: " + e.getMessage());
        }
    }

    /**
     * Believes what this node executed itself from finalized blocks.
     *
     * @param networkPhase value of {@link NetworkPhaseModule#currentKey()} in this node's own finalized state
     * @return the checkpoint
     */
    public static Checkpoint ofOwnState(NetworkPhase networkPhase) {
        return new Checkpoint(networkPhase);
    }

    /**
     * The network's phase.
     *
     * @return phase, height and time of its block
     */
    public NetworkPhase networkPhase() {
        return networkPhase;
    }

    @Override
    public String toString() {
        return "Checkpoint[Phase " + networkPhase.phase().number() + " since height " + networkPhase.height() + "]";
    }

    private static Verification refused(String detail) {
        return new Verification.Refused(new Verdict.Rejected(Code.INVALID_PROOF, detail));
    }
}
