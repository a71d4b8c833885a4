package online.hypermesh.trustchain.api.certificates;

import java.security.cert.X509Certificate;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.log.TransparencyLog;

/** Issues leaves with one validator's issuer key. Thread-safe. */
public interface CertificateAuthority {
    /**
     * The validator that issues.
     *
     * @return its node identity
     */
    NodeId issuer();

    /**
     * The issuer's self-signed CA certificate, for X.509 software outside the network; the network itself knows issuers by
     * the keys in its genesis.
     *
     * @return the certificate
     */
    X509Certificate anchor();

    /**
     * Checks a request, writes the leaf's log entry to disk, then signs the leaf.
     *
     * @param request who asks, and for which key
     * @return the leaf with the proof of its log entry
     * @throws online.hypermesh.trustchain.api.TrustchainException WRONG_BINDING, WRONG_WINDOW, WRONG_KEY, NO_POSSESSION,
     *     DENIED, STORAGE_FAILED
     */
    IssuedLeaf issue(IssuanceRequest request);

    /**
     * The log of everything issued.
     *
     * @return the log
     */
    TransparencyLog log();
}
