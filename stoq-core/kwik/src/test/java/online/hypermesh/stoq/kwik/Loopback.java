package online.hypermesh.stoq.kwik;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import online.hypermesh.stoq.Credentials;
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
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.stoq.spi.TransportEngine;

/** Transports of one network on ::1 that let everybody in, and wait longer for handshakes than a busy machine needs. */
final class Loopback {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {3}));
    private static final Duration HANDSHAKE = Duration.ofSeconds(30);

    private Loopback() {}

    static Transport open(TransportEngine engine, PostQuantum policy) throws Exception {
        SigningKey nodeKey = SigningKey.generate(new SecureRandom());
        Credentials credentials = SelfSignedLeaf.create(nodeKey, NETWORK, Duration.ofHours(1));
        return Transports.open(
                TransportConfig.builder(
                                NETWORK,
                                nodeKey.verifyKey(),
                                () -> credentials,
                                evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                        .bind(new InetSocketAddress(InetAddress.getByName("::1"), 0))
                        .postQuantum(policy)
                        .limits(TransportLimits.DEFAULT.withHandshakeTimeout(HANDSHAKE))
                        .build(),
                engine);
    }
}
