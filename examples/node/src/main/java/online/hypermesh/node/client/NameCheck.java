package online.hypermesh.node.client;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.NameSource;
import online.hypermesh.trustchain.api.names.ResolutionResult;

/**
 * Decides whether a node's answer about a name is to be believed. An answer from outside is no proof of anything, so it counts
 * only where the network's phase, which the node must prove, leaves names to the outside: the network's own in Phase 1,
 * foreign ones in Phases 1 and 2. That a ledger is unreachable, which lets a node itself fall back in Phase 2, no node can
 * prove to a client. The time is the caller's. Thread-safe.
 */
final class NameCheck {
    private static final long LEAST_AGE_LIMIT_MILLIS = 300_000;
    private static final int HEARTBEATS = 3;

    private final long maxAgeMillis;
    private final String suffix;
    private final ProvenPhase phase;

    NameCheck(Genesis genesis, LightClient lightClient) {
        this.maxAgeMillis = Math.max(
                LEAST_AGE_LIMIT_MILLIS, (long) HEARTBEATS * genesis.parameters().heartbeatMillis());
        this.suffix = NameRules.suffix(genesis);
        this.phase = new ProvenPhase(lightClient, maxAgeMillis);
    }

    /**
     * The answer, if it is about the name that was asked for and a proof holds that says the same; or if it says that it is
     * from outside and the network's proven phase allows that.
     *
     * @param asked the name
     * @param answer what the node said
     * @param verifier checks the proof about the name
     * @param phaseProof asks the same node to prove the network's phase
     * @param nowMillis milliseconds since 1970
     */
    ResolutionResult believed(
            String asked,
            ResolutionResult answer,
            LightClient verifier,
            Supplier<StateProof> phaseProof,
            long nowMillis) {
        String name = NameRules.canonical(asked);
        boolean own = NameRules.isUnder(name, suffix);
        if (!answer.name().equals(name)) {
            throw unproven("it is about " + answer.name() + ", asked was " + name);
        }
        if (answer.proof().isEmpty()) {
            if (answer.source() != NameSource.TRADITIONAL) {
                throw unproven("it is said to be from the ledger, but comes without a proof");
            }
            phase.requireAtMost(
                    own ? Phase.TRUST : Phase.PARTIAL_FEDERATION,
                    "an answer from outside about " + (own ? "the network's own name " : "the foreign name ") + name,
                    phaseProof,
                    nowMillis);
            return answer;
        }
        if (!own) {
            throw unproven(name + " is no name of this network, so its ledger cannot know it");
        }
        StateProof proof = answer.proof().get();
        if (answer.source() == NameSource.TRADITIONAL
                || !proof.module().equals(NameRecord.MODULE)
                || !Arrays.equals(proof.key(), NameRecord.key(name))) {
            throw unproven("the proof is of something else than " + name);
        }
        if (verifier.verify(proof) instanceof Verdict.Rejected rejected) {
            throw unproven(rejected.code() + ", " + rejected.detail());
        }
        long ageMillis = nowMillis - proof.header().timeMillis();
        if (ageMillis > maxAgeMillis) {
            throw new HypermeshException(
                    Code.QUORUM_UNREACHABLE,
                    Retry.WHOLE_OPERATION,
                    "the newest state the node proves about " + name + " is " + ageMillis + " ms old, limit "
                            + maxAgeMillis
                            + " ms: it is behind, or the quorum is lost. Ask another node, and see: hypermesh status");
        }
        Optional<NameRecord.Content> proven =
                proof.value().map(NameRecord::decode).map(NameRecord::content);
        boolean same = proven.isPresent() == answer.found()
                && proven.map(NameRecord.Content::addresses).orElse(List.of()).equals(answer.addresses())
                && proven.map(NameRecord.Content::texts).orElse(List.of()).equals(answer.texts())
                && proven.map(NameRecord.Content::ttlSeconds).orElse(0) == answer.ttlSeconds();
        if (!same) {
            throw unproven("the answer about " + name + " differs from its proof");
        }
        return answer;
    }

    private static HypermeshException unproven(String why) {
        return new HypermeshException(
                Code.INVALID_PROOF,
                Retry.WHOLE_OPERATION,
                "the node's answer is not proven: " + why + ". Ask another node");
    }
}
