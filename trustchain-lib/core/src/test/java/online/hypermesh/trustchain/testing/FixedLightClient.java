package online.hypermesh.trustchain.testing;

import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;

/** Believes everything or nothing, and counts how often it was asked. */
public final class FixedLightClient implements LightClient {
    public boolean believes = true;
    public int asked;

    @Override
    public Verdict verify(Receipt receipt) {
        return verdict();
    }

    @Override
    public Verdict verify(BundleReceipt receipt) {
        return verdict();
    }

    @Override
    public Verdict verify(AncestorProof proof) {
        return verdict();
    }

    @Override
    public Verdict verify(Receipt receipt, AncestorProof history) {
        return verdict();
    }

    @Override
    public Verdict verify(BundleReceipt receipt, AncestorProof history) {
        return verdict();
    }

    @Override
    public Verdict verify(StateProof proof, AncestorProof history) {
        return verdict();
    }

    @Override
    public Verdict learn(HandOver handOver) {
        return Verdict.ACCEPTED;
    }

    @Override
    public long newestEpoch() {
        return 0;
    }

    @Override
    public Verdict verify(StateProof proof) {
        return verdict();
    }

    private Verdict verdict() {
        asked++;
        return believes ? Verdict.ACCEPTED : Verdict.rejected(Code.INVALID_PROOF, "planted");
    }
}
