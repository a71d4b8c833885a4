package online.hypermesh.trustchain.verify;

import java.util.function.Supplier;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.certificates.CertificateValidator;
import online.hypermesh.trustchain.api.certificates.LeafVerdict;
import online.hypermesh.trustchain.api.certificates.LeafVerdict.Reason;

/** Judges a transport's peers by the rules of the phase of the moment. Thread-safe. */
public final class PhaseVerifier implements PeerVerifier {
    private final CertificateValidator validator;
    private final Supplier<TrustPhase> phase;

    /**
     * Creates the verifier.
     *
     * @param validator judges leaves
     * @param phase the phase of the moment, asked for every peer
     */
    public PhaseVerifier(CertificateValidator validator, Supplier<TrustPhase> phase) {
        this.validator = validator;
        this.phase = phase;
    }

    @Override
    public Judgement judge(Evidence evidence) {
        LeafVerdict verdict =
                validator.validate(evidence.chain(), evidence.staple(), evidence.nowMillis(), phase.get());
        if (verdict.subject().isPresent() && !verdict.subject().get().equals(evidence.id())) {
            return new Judgement.Refused(
                    Reason.WRONG_BINDING.name(),
                    "the leaf speaks for node " + verdict.subject().get() + ", the peer proved to be " + evidence.id());
        }
        return verdict.standing()
                .<Judgement>map(Judgement.Accepted::new)
                .orElseGet(() -> new Judgement.Refused(verdict.reason().name(), verdict.detail()));
    }
}
