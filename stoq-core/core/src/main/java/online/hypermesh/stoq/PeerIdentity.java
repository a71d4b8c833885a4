package online.hypermesh.stoq;

import java.security.cert.X509Certificate;
import java.util.List;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Who is at the other end of a connection; every field was proven in the hello.
 *
 * @param id node identity
 * @param nodeKey the long-term key behind it
 * @param leaf the leaf certificate it uses now, then its issuers
 * @param standing how far the authentication reaches
 */
public record PeerIdentity(NodeId id, VerifyKey nodeKey, List<X509Certificate> leaf, Standing standing) {
    /**
     * Copies the chain.
     *
     * @param id node identity
     * @param nodeKey long-term key
     * @param leaf leaf first
     * @param standing reach
     */
    public PeerIdentity {
        leaf = List.copyOf(leaf);
    }
}
