package online.hypermesh.stoq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.memory.MemoryNetwork;
import org.junit.jupiter.api.Test;

class TransportConfigTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private final SigningKey nodeKey = SigningKey.fromSeed(new byte[32]);

    private TransportConfig.Builder builder(CertificateSource source) {
        return TransportConfig.builder(
                NETWORK, nodeKey.verifyKey(), source, e -> new PeerVerifier.Judgement.Accepted(Standing.FULL));
    }

    @Test
    void theDefaultIsAnyPortOfAnyIpv6Address() {
        Credentials credentials = SelfSignedLeaf.create(nodeKey, NETWORK, Duration.ofHours(1));
        TransportConfig config = builder(() -> credentials).build();
        assertThat(config.bind().getAddress()).isInstanceOf(Inet6Address.class);
        assertThat(config.bind().getAddress().isAnyLocalAddress()).isTrue();
        assertThat(config.bind().getPort()).isZero();
        assertThat(config.self()).isEqualTo(NodeId.of(nodeKey.verifyKey()));
        assertThat(config.limits()).isEqualTo(TransportLimits.DEFAULT);
    }

    @Test
    void anIpv4AddressIsRefused() {
        assertThatThrownBy(() -> builder(() -> null)
                        .bind(new InetSocketAddress("127.0.0.1", 0))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("IPv6 only");
    }

    @Test
    void limitsOutOfRangeAreNamed() {
        assertThatThrownBy(() -> TransportLimits.DEFAULT.withHandshakeTimeout(Duration.ofMillis(1)))
                .hasMessageContaining("handshakeTimeout");
        assertThatThrownBy(() -> TransportLimits.DEFAULT.withIdleTimeout(Duration.ofSeconds(2), Duration.ofSeconds(2)))
                .hasMessageContaining("keepAlive");
        assertThatThrownBy(() -> TransportLimits.DEFAULT.withCounts(0, 1, 2)).hasMessageContaining("maxHandshakes");
    }

    @Test
    void credentialsOfAnotherNodeOrNetworkAreNoticedBeforeAnythingIsBound() {
        SigningKey other = SigningKey.fromSeed(Digest.sha256(new byte[0]).toBytes());
        Credentials foreign = SelfSignedLeaf.create(other, NETWORK, Duration.ofHours(1));
        MemoryNetwork network = new MemoryNetwork();
        assertThatThrownBy(() -> network.open(builder(() -> foreign).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(NodeId.of(other.verifyKey()).toShortString());
        Credentials elsewhere = SelfSignedLeaf.create(nodeKey, new NetworkId(Digest.ZERO), Duration.ofHours(1));
        assertThatThrownBy(() -> network.open(builder(() -> elsewhere).build()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
