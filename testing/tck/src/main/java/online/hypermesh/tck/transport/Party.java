package online.hypermesh.tck.transport;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.stoq.spi.TransportEngine;

/** A node in a contract test: its keys, its leaf of the moment, and how it opens a transport. */
final class Party {
    static final NetworkId NETWORK = new NetworkId(Digest.sha256("contract".getBytes(StandardCharsets.UTF_8)));
    static final PeerVerifier ANYBODY = evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL);
    private static final SecureRandom RANDOM = new SecureRandom();

    final SigningKey nodeKey;
    final NodeId id;
    final NetworkId network;
    final AtomicReference<Credentials> credentials = new AtomicReference<>();

    Party() {
        this(NETWORK);
    }

    Party(NetworkId network) {
        this(network, SigningKey.generate(RANDOM));
    }

    private Party(NetworkId network, SigningKey nodeKey) {
        this.network = network;
        this.nodeKey = nodeKey;
        this.id = NodeId.of(nodeKey.verifyKey());
        credentials.set(SelfSignedLeaf.create(nodeKey, network, Duration.ofHours(1)));
    }

    /** The same node with credentials of its own. */
    Party withAnotherLeaf() {
        return new Party(network, nodeKey);
    }

    void renew() {
        credentials.set(SelfSignedLeaf.create(nodeKey, network, Duration.ofHours(2)));
    }

    void useLeafFrom(Instant notBefore, Duration validity) {
        credentials.set(SelfSignedLeaf.create(nodeKey, network, notBefore, validity, List.of(), RANDOM));
    }

    Transport open(TransportEngine engine, PeerVerifier verifier) {
        return open(engine, verifier, 0, TransportLimits.DEFAULT);
    }

    Transport open(TransportEngine engine, PeerVerifier verifier, int port, TransportLimits limits) {
        return Transports.open(
                TransportConfig.builder(network, nodeKey.verifyKey(), credentials::get, verifier)
                        .bind(loopback(port))
                        .limits(limits)
                        .build(),
                engine);
    }

    Transport open(TransportEngine engine, PeerVerifier verifier, PostQuantum policy) {
        return Transports.open(
                TransportConfig.builder(network, nodeKey.verifyKey(), credentials::get, verifier)
                        .bind(loopback(0))
                        .postQuantum(policy)
                        .build(),
                engine);
    }

    Endpoint at(Transport transport) {
        return new Endpoint(transport.localAddress(), id);
    }

    static InetSocketAddress loopback(int port) {
        try {
            byte[] one = new byte[16];
            one[15] = 1;
            return new InetSocketAddress(InetAddress.getByAddress(one), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("sixteen bytes are an IPv6 address", e);
        }
    }
}
