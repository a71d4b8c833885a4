package online.hypermesh.stoq.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.stoq.spi.TransportEngines;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class NettyEngineTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));

    private static Transport open(InetSocketAddress bind) {
        SigningKey nodeKey = SigningKey.generate(new SecureRandom());
        Credentials credentials = SelfSignedLeaf.create(nodeKey, NETWORK, Duration.ofHours(1));
        return Transports.open(TransportConfig.builder(
                        NETWORK,
                        nodeKey.verifyKey(),
                        () -> credentials,
                        e -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                .bind(bind)
                .build());
    }

    @Test
    void theEngineIsFound() {
        assertThat(TransportEngines.first()).isInstanceOf(NettyEngine.class);
        assertThat(TransportEngines.first().unavailable()).isEmpty();
    }

    @Test
    void aPortWithoutListenerIsReportedBySystem() throws Exception {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getByName("::1"), 0);
        try (Transport dialing = open(loopback)) {
            Endpoint gone;
            try (Transport other = open(loopback)) {
                gone = new Endpoint(other.localAddress(), other.self());
            }
            StoqException failure =
                    catchThrowableOfType(StoqException.class, () -> dialing.connect(gone, Duration.ofSeconds(60)));
            assertThat(failure.code()).isEqualTo(StoqException.Code.UNREACHABLE);
            assertThat(failure).hasMessageContaining("nobody listens");
        }
    }

    @Test
    void allAddressesAreBoundWhenNoneIsNamed() throws Exception {
        SigningKey nodeKey = SigningKey.generate(new SecureRandom());
        Credentials credentials = SelfSignedLeaf.create(nodeKey, NETWORK, Duration.ofHours(1));
        TransportConfig config = TransportConfig.builder(
                        NETWORK,
                        nodeKey.verifyKey(),
                        () -> credentials,
                        e -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                .build();
        try (Transport listening = Transports.open(config);
                Transport dialing = open(new InetSocketAddress(InetAddress.getByName("::1"), 0))) {
            InetSocketAddress reached = new InetSocketAddress(
                    InetAddress.getByName("::1"), listening.localAddress().getPort());
            assertThat(dialing.connect(new Endpoint(reached, listening.self()), Duration.ofSeconds(60))
                            .closed())
                    .isEmpty();
        }
    }
}
