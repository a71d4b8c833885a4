package online.hypermesh.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Set;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.stoq.session.Transports;

/** One node asks another over QUIC; each knows the other by its key. Needs stoq-core and one engine, nothing else. */
final class EchoBetweenNodes {
    private EchoBetweenNodes() {}

    // GUIDE
    static Transport open(NetworkId network, SigningKey key, NodeId friend) {
        Credentials leaf = SelfSignedLeaf.create(key, network, Duration.ofHours(24));
        return Transports.open(
                TransportConfig.builder(network, key.verifyKey(), () -> leaf, new PinnedPeers(Set.of(friend)))
                        .bind(new InetSocketAddress("::1", 0))
                        .build());
    }

    static String ask(SigningKey alice, SigningKey bob, String question) {
        NetworkId network = new NetworkId(Digest.sha256("my network".getBytes(UTF_8)));
        NodeId bobId = NodeId.of(bob.verifyKey());
        Transport bobs = open(network, bob, NodeId.of(alice.verifyKey()));
        try (Messenger server = Messengers.over(bobs);
                Messenger client = Messengers.over(open(network, alice, bobId))) {
            server.serve(1, 1024, false, (peer, body) -> body);
            client.route(new Endpoint(bobs.localAddress(), bobId));
            return new String(client.request(bobId, 1, question.getBytes(UTF_8), Duration.ofSeconds(5)), UTF_8);
        }
    }
    // GUIDE

    static String run(String question) {
        SecureRandom random = new SecureRandom();
        return ask(SigningKey.generate(random), SigningKey.generate(random), question);
    }
}
