package online.hypermesh.api.proof;

import java.util.List;
import java.util.function.Predicate;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/** Checks bundles. Deterministic: the same arguments give the same verdict on every node. */
public interface ProofVerifier {
    /**
     * Decides whether state proofs hold under finalized headers, as
     * {@link online.hypermesh.api.ledger.LightClient#verify(StateProof)} does.
     */
    @FunctionalInterface
    interface Finality {
        /**
         * Checks certificate, links and path.
         *
         * @param anchor a state proof
         * @return accepted, or the first failed check
         */
        Verdict verify(StateProof anchor);
    }

    /**
     * What the caller expects of a bundle.
     *
     * @param network the network
     * @param operationType the kind of operation
     * @param operation hash of the operation
     * @param subject who must have made it
     * @param requirement what it must show, and nothing beyond
     * @param timeSources long-term keys of the Roughtime sources that count
     */
    record Expectation(
            NetworkId network,
            String operationType,
            Digest operation,
            NodeId subject,
            ProofRequirement requirement,
            List<VerifyKey> timeSources) {}

    /**
     * When and among whom a bundle is checked. In a ledger these are the including block's height and time, so that every node
     * comes to the same verdict; the block's time is itself checked against clocks when validators vote for it.
     *
     * @param height height at which the bundle is to be accepted
     * @param timeMillis time then, in milliseconds since 1970
     * @param alreadyAccepted whether a context's id was accepted before
     * @param mayVouch whether a party's word for an execution counts
     */
    record Circumstances(long height, long timeMillis, Predicate<Digest> alreadyAccepted, Predicate<NodeId> mayVouch) {}

    /**
     * Checks a bundle, from the cheapest check to the dearest, and stops at the first that fails.
     *
     * @param bundle its bytes, from anyone
     * @param expectation what it must be for and show
     * @param circumstances when and among whom
     * @return what it shows, or the one reason why not
     */
    ProofVerdict verify(byte[] bundle, Expectation expectation, Circumstances circumstances);
}
