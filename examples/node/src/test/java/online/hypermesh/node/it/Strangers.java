package online.hypermesh.node.it;

import java.net.InetSocketAddress;
import java.time.Duration;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.session.Transports;

/** Dials a network from outside its rules. */
final class Strangers {
    private static final PeerVerifier ANYBODY = evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL);

    private Strangers() {}

    /** A transport with an identity and a self-signed leaf, which believes everybody. */
    static Transport dial(LiveNetwork live, NodeKeys keys, NetworkId network, Duration leafValidity) {
        return dial(live, keys, network, SelfSignedLeaf.create(keys.node(), network, leafValidity));
    }

    /** The same with a leaf that is there already. */
    static Transport dial(LiveNetwork live, NodeKeys keys, NetworkId network, Credentials credentials) {
        return Transports.open(TransportConfig.builder(network, keys.node().verifyKey(), () -> credentials, ANYBODY)
                .bind(new InetSocketAddress(live.node("n1").address().getAddress(), 0))
                .build());
    }
}
