package online.hypermesh.node.client;

import online.hypermesh.stoq.CertificateSource;
import online.hypermesh.stoq.Credentials;

/** The credentials a client uses now. Thread-safe. */
final class ClientCertificate implements CertificateSource {
    private volatile Credentials current;

    ClientCertificate(Credentials first) {
        this.current = first;
    }

    void use(Credentials next) {
        current = next;
    }

    @Override
    public Credentials current() {
        return current;
    }
}
