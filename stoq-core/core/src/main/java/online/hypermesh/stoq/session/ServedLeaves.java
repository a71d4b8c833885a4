package online.hypermesh.stoq.session;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Optional;
import online.hypermesh.stoq.CertificateSource;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.spi.TlsIdentity;

/**
 * Hands the leaf of the moment to the engine and remembers for the handshake time which credentials belong to it, so that
 * a hello that began before a swap ends with the leaf it began with. Thread-safe.
 */
final class ServedLeaves {
    private static final int MAX_REMEMBERED = 16;

    private record Served(Digest leaf, Credentials credentials, long nanos) {}

    private final TransportConfig config;
    private final CertificateSource source;
    private final ArrayDeque<Served> served = new ArrayDeque<>();

    ServedLeaves(TransportConfig config) {
        this.config = config;
        this.source = config.certificates();
    }

    /** Credentials of the moment, checked to be this node's. */
    Credentials current() {
        Credentials credentials = source.current();
        LeafBinding binding = LeafBinding.of(credentials.chain().get(0));
        if (!binding.nodeKey().equals(config.nodeKey())
                || !binding.network().equals(config.network())
                || !binding.helloKey().equals(credentials.helloKey().verifyKey())) {
            throw new IllegalArgumentException("the certificate source supplies a leaf of node "
                    + binding.nodeId().toShortString() + " for network " + binding.network()
                    + "; this transport is node "
                    + config.self().toShortString() + " in network " + config.network());
        }
        return credentials;
    }

    /** What to present in the TLS handshake that begins now. */
    synchronized TlsIdentity serve() {
        Credentials credentials = current();
        Digest leaf = HelloFrame.leafHash(credentials.chain());
        long now = System.nanoTime();
        long oldest = now - 2 * config.limits().handshakeTimeout().toNanos();
        for (Iterator<Served> i = served.iterator(); i.hasNext(); ) {
            Served entry = i.next();
            if (entry.leaf().equals(leaf) || entry.nanos() - oldest < 0) {
                i.remove();
            }
        }
        if (served.size() == MAX_REMEMBERED) {
            served.removeFirst();
        }
        served.addLast(new Served(leaf, credentials, now));
        return new TlsIdentity(credentials.chain(), credentials.leafKey());
    }

    /** The credentials behind a leaf served within the handshake time. */
    synchronized Optional<Credentials> behind(Digest leaf) {
        return served.stream()
                .filter(entry -> entry.leaf().equals(leaf))
                .map(Served::credentials)
                .findFirst();
    }
}
