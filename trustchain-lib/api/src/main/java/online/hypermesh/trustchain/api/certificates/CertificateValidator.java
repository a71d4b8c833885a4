package online.hypermesh.trustchain.api.certificates;

import java.security.cert.X509Certificate;
import java.util.List;
import online.hypermesh.trustchain.api.TrustPhase;

/** Judges leaves by the rules of a phase. Thread-safe; needs no answer from anybody. */
@FunctionalInterface
public interface CertificateValidator {
    /**
     * Judges a leaf. Every check is made afresh; nothing is remembered between calls.
     *
     * @param chain the leaf first; further certificates are ignored, because issuers are known from the genesis
     * @param staple an encoded state proof of the leaf's record; possibly empty
     * @param nowMillis milliseconds since 1970
     * @param phase the rules to apply
     * @return the verdict
     */
    LeafVerdict validate(List<X509Certificate> chain, byte[] staple, long nowMillis, TrustPhase phase);
}
