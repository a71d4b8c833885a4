package online.hypermesh.stoq;

import java.security.cert.X509Certificate;
import java.util.List;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Judges a peer. STOQ has already checked the mechanics: the leaf's binding is signed by the node key for this network and
 * this leaf key, the hello is signed by the hello key over this very connection. Whether that identity is welcome, and
 * whether the leaf is trusted, is decided here alone. Thread-safe; must answer without blocking on the network.
 */
@FunctionalInterface
public interface PeerVerifier {
    /**
     * Judges a peer.
     *
     * @param evidence what the peer proved and presented
     * @return accepted with a standing, or refused with a reason
     */
    Judgement judge(Evidence evidence);

    /**
     * What a peer proved and presented.
     *
     * @param id its node identity, proven
     * @param nodeKey the key behind it
     * @param chain leaf first, then issuers, not validated
     * @param staple evidence it sent along, opaque to STOQ; possibly empty
     * @param nowMillis the transport's clock, milliseconds since 1970
     */
    record Evidence(NodeId id, VerifyKey nodeKey, List<X509Certificate> chain, byte[] staple, long nowMillis) {}

    /** A peer is accepted or refused. */
    sealed interface Judgement {
        /**
         * Welcome.
         *
         * @param standing how far
         */
        record Accepted(Standing standing) implements Judgement {}

        /**
         * Not welcome.
         *
         * @param code stable upper-case reason, for example UNKNOWN_NODE, SELF_SIGNED, EXPIRED, NOT_FINALIZED
         * @param detail what, value, limit, next step
         */
        record Refused(String code, String detail) implements Judgement {}
    }
}
