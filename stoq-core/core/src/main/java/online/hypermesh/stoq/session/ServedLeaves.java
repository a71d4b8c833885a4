package online.hypermesh.stoq.session;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.CertificateSource;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.spi.TlsIdentity;
import org.jspecify.annotations.Nullable;

/**
 * Hands the leaf of the moment to the engine and remembers for the handshake time which credentials belong to it, so that
 * a hello that began before a swap ends with the leaf it began with. Thread-safe.
 */
final class ServedLeaves {
    private static final int MAX_REMEMBERED = 16;

    /**
     * Credentials that were checked to be this node's.
     *
     * @param credentials what to authenticate with
     * @param leaf SHA-256 of the leaf's DER
     * @param chain DER, leaf first
     * @param tls what to present in TLS
     */
    record Own(Credentials credentials, Digest leaf, List<byte[]> chain, TlsIdentity tls) {}

    private record Served(Own own, long nanos) {}

    private final TransportConfig config;
    private final CertificateSource source;
    private final ArrayDeque<Served> served = new ArrayDeque<>();
    private volatile @Nullable Own checked;

    ServedLeaves(TransportConfig config) {
        this.config = config;
        this.source = config.certificates();
    }

    /** Credentials of the moment, checked to be this node's. */
    @SuppressWarnings("ReferenceEquality") // another object is checked anew, equal or not
    Own current() {
        Credentials credentials = source.current();
        Own known = checked;
        if (known != null && known.credentials().equals(credentials)) {
            return known;
        }
        LeafBinding binding = LeafBinding.of(credentials.chain().get(0));
        if (!binding.nodeKey().equals(config.nodeKey())
                || !binding.network().equals(config.network())
                || !binding.helloKey().equals(credentials.helloKey().verifyKey())) {
            throw new IllegalArgumentException("the certificate source supplies a leaf of node "
                    + binding.nodeId().toShortString() + " for network " + binding.network()
                    + "; this transport is node "
                    + config.self().toShortString() + " in network " + config.network());
        }
        Own own = new Own(
                credentials,
                PeerLeaves.hash(credentials.chain().get(0)),
                PeerLeaves.encoded(credentials.chain()),
                new TlsIdentity(credentials.chain(), credentials.leafKey()));
        checked = own;
        return own;
    }

    /** What to present in the TLS handshake that begins now. */
    synchronized TlsIdentity serve() {
        Own own = current();
        long now = System.nanoTime();
        long oldest = now - 2 * config.limits().handshakeTimeout().toNanos();
        served.removeIf(entry -> entry.own().leaf().equals(own.leaf()) || entry.nanos() - oldest < 0);
        if (served.size() == MAX_REMEMBERED) {
            served.removeFirst();
        }
        served.addLast(new Served(own, now));
        return own.tls();
    }

    /** The credentials behind a leaf served within the handshake time. */
    synchronized Optional<Own> behind(Digest leaf) {
        return served.stream()
                .map(Served::own)
                .filter(own -> own.leaf().equals(leaf))
                .findFirst();
    }
}
