package online.hypermesh.bench;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Resumption;
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

/** A node that is measured: fresh keys, a self-signed leaf, and any peer of the network is welcome. Immutable. */
final class BenchNode {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256("bench".getBytes(StandardCharsets.UTF_8)));

    private final SigningKey nodeKey = SigningKey.generate(new SecureRandom());
    private final Credentials credentials = SelfSignedLeaf.create(nodeKey, NETWORK, Duration.ofHours(12));

    Credentials credentials() {
        return credentials;
    }

    Transport open(TransportEngine engine, TransportLimits limits) {
        return open(engine, limits, PostQuantum.OFF, Resumption.OFF);
    }

    Transport open(TransportEngine engine, TransportLimits limits, PostQuantum postQuantum, Resumption resumption) {
        return Transports.open(
                TransportConfig.builder(
                                NETWORK,
                                nodeKey.verifyKey(),
                                () -> credentials,
                                evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                        .bind(loopback())
                        .limits(limits)
                        .postQuantum(postQuantum)
                        .resumption(resumption)
                        .build(),
                engine);
    }

    static InetSocketAddress loopback() {
        try {
            byte[] one = new byte[16];
            one[15] = 1;
            return new InetSocketAddress(InetAddress.getByAddress(one), 0);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("sixteen bytes are an IPv6 address", e);
        }
    }
}
