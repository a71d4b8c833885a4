package online.hypermesh.trustchain.api.certificates;

import java.time.Duration;
import online.hypermesh.stoq.CertificateSource;
import online.hypermesh.stoq.Credentials;

/** Supplies a node with credentials and renews them. Thread-safe. */
public interface CertificateProvider extends CertificateSource {
    /**
     * Whether the credentials should be renewed now.
     *
     * @param nowMillis milliseconds since 1970
     * @return true from about two thirds of the leaf's life on
     */
    boolean renewalDue(long nowMillis);

    /**
     * Gets a leaf for a fresh key from an issuer and makes it the current one. Running connections are not touched.
     *
     * @param timeout longest wait
     * @return the new credentials, already current
     * @throws online.hypermesh.trustchain.api.TrustchainException UNREACHABLE when no issuer answered, or why the last one
     *     refused; the previous credentials stay current
     */
    Credentials renew(Duration timeout);
}
