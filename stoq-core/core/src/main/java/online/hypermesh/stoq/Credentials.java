package online.hypermesh.stoq;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import online.hypermesh.stoq.base.crypto.SigningKey;

/**
 * What a node authenticates with at this moment. Immutable.
 *
 * @param chain the leaf first, then its issuers; the leaf carries a {@code LeafBinding} extension
 * @param leafKey the leaf's ECDSA P-256 private key
 * @param helloKey the Ed25519 key named in the leaf's binding; signs the hello
 * @param staple evidence sent along for the peer's verifier, opaque to STOQ; at most 16384 bytes, empty for none
 */
public record Credentials(List<X509Certificate> chain, PrivateKey leafKey, SigningKey helloKey, byte[] staple) {
    /** Largest staple in bytes. */
    public static final int MAX_STAPLE_BYTES = 16_384;

    /**
     * Checks that there is a leaf and that the staple fits.
     *
     * @param chain leaf first
     * @param leafKey leaf's private key
     * @param helloKey hello key
     * @param staple evidence
     */
    public Credentials {
        chain = List.copyOf(chain);
        staple = staple.clone();
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("credentials need at least a leaf certificate");
        }
        if (staple.length > MAX_STAPLE_BYTES) {
            throw new IllegalArgumentException("staple has " + staple.length + " bytes, limit " + MAX_STAPLE_BYTES);
        }
    }

    @Override
    public byte[] staple() {
        return staple.clone();
    }

    @Override
    public String toString() {
        return "Credentials[leaf " + chain.get(0).getSerialNumber() + "]";
    }
}
