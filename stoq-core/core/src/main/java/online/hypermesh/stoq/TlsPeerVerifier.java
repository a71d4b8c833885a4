package online.hypermesh.stoq;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Judges the server of a plain QUIC protocol by what TLS showed, as {@link Transport#connectPlain} asks. Thread-safe; must
 * answer without blocking on the network.
 */
@FunctionalInterface
public interface TlsPeerVerifier {
    /**
     * Judges the server. TLS has checked that it holds the leaf's key, and nothing else.
     *
     * @param chain leaf first, not validated
     * @return whether to go on; the standing of an acceptance does not matter
     */
    PeerVerifier.Judgement judge(List<X509Certificate> chain);
}
