package online.hypermesh.stoq.spi;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What a server presents in TLS.
 *
 * @param chain leaf first
 * @param leafKey the leaf's private key
 */
public record TlsIdentity(List<X509Certificate> chain, PrivateKey leafKey) {
    /**
     * Copies the chain.
     *
     * @param chain leaf first
     * @param leafKey the leaf's private key
     */
    public TlsIdentity {
        chain = List.copyOf(chain);
    }

    @Override
    public String toString() {
        return "TlsIdentity[leaf " + chain.get(0).getSerialNumber() + "]";
    }
}
