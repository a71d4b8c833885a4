package online.hypermesh.impl.ledger;

import java.util.Optional;
import java.util.function.LongFunction;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;

/**
 * A light client that asks an untrusted source how epochs ended when it meets a proof of one it does not know. It skips as
 * far as it may and halves the distance where it may not. Thread-safe if the other client and the source are.
 */
public final class FollowingLightClient implements LightClient {
    /** Most questions for one proof. */
    private static final int MAX_QUESTIONS = 256;

    private final LightClient client;
    private final LongFunction<Optional<HandOver>> source;

    /**
     * Follows with another client.
     *
     * @param client verifies
     * @param source how an epoch ended, as somebody says; empty when it does not know
     */
    public FollowingLightClient(LightClient client, LongFunction<Optional<HandOver>> source) {
        this.client = client;
        this.source = source;
    }

    @Override
    public Verdict verify(Receipt receipt) {
        Verdict verdict = reach(receipt.header().epoch());
        return verdict.accepted() ? client.verify(receipt) : verdict;
    }

    @Override
    public Verdict verify(BundleReceipt receipt) {
        Verdict verdict = reach(receipt.header().epoch());
        return verdict.accepted() ? client.verify(receipt) : verdict;
    }

    @Override
    public Verdict verify(StateProof proof) {
        Verdict verdict = reach(proof.header().epoch());
        return verdict.accepted() ? client.verify(proof) : verdict;
    }

    @Override
    public Verdict verify(AncestorProof proof) {
        Verdict verdict = reach(proof.anchor().epoch());
        return verdict.accepted() ? client.verify(proof) : verdict;
    }

    @Override
    public Verdict verify(Receipt receipt, AncestorProof history) {
        Verdict verdict = reach(history.anchor().epoch());
        return verdict.accepted() ? client.verify(receipt, history) : verdict;
    }

    @Override
    public Verdict verify(BundleReceipt receipt, AncestorProof history) {
        Verdict verdict = reach(history.anchor().epoch());
        return verdict.accepted() ? client.verify(receipt, history) : verdict;
    }

    @Override
    public Verdict verify(StateProof proof, AncestorProof history) {
        Verdict verdict = reach(history.anchor().epoch());
        return verdict.accepted() ? client.verify(proof, history) : verdict;
    }

    @Override
    public Verdict learn(HandOver handOver) {
        return client.learn(handOver);
    }

    @Override
    public long newestEpoch() {
        return client.newestEpoch();
    }

    private Verdict reach(long epoch) {
        int questions = 0;
        while (client.newestEpoch() < epoch) {
            long wanted = epoch - 1;
            Verdict verdict = step(wanted);
            while (verdict instanceof Verdict.Rejected r
                    && r.code() == Code.NOT_FOUND
                    && wanted > client.newestEpoch()) {
                if (++questions > MAX_QUESTIONS) {
                    return Verdict.rejected(
                            Code.LIMIT_EXCEEDED,
                            "epoch " + epoch + " was not reached with " + questions + " questions");
                }
                wanted = client.newestEpoch() + (wanted - client.newestEpoch()) / 2;
                verdict = step(wanted);
            }
            if (!verdict.accepted()) {
                return verdict;
            }
        }
        return Verdict.ACCEPTED;
    }

    private Verdict step(long epoch) {
        Optional<HandOver> handOver = source.apply(epoch);
        if (handOver.isEmpty()) {
            return Verdict.rejected(Code.NOT_FOUND, "nobody says how epoch " + epoch + " ended");
        }
        return handOver.get().epoch() == epoch
                ? client.learn(handOver.get())
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "asked how epoch " + epoch + " ended, told of epoch "
                                + handOver.get().epoch());
    }
}
