package online.hypermesh.stoq;

/**
 * Supplies the credentials of the moment. Asked at every handshake, so that a new leaf takes effect for new connections
 * while running ones go on. Thread-safe.
 */
@FunctionalInterface
public interface CertificateSource {
    /**
     * What to authenticate with now.
     *
     * @return the credentials
     */
    Credentials current();
}
