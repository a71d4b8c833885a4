package online.hypermesh.stoq.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import online.hypermesh.stoq.Connection;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class DialSocketsTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final Duration WAIT = Duration.ofSeconds(60);

    private static Transport open(SigningKey key, int port) throws Exception {
        Credentials credentials = SelfSignedLeaf.create(key, NETWORK, Duration.ofHours(1));
        return Transports.open(
                TransportConfig.builder(
                                NETWORK,
                                key.verifyKey(),
                                () -> credentials,
                                evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                        .bind(new InetSocketAddress(InetAddress.getByName("::1"), port))
                        .build(),
                new NettyEngine());
    }

    private static SigningKey key() {
        return SigningKey.generate(new SecureRandom());
    }

    @Test
    void aSocketIsUsedAgainWhenItsConnectionHasEndedAndNeverBefore() throws Exception {
        try (Transport server = open(key(), 0);
                Transport client = open(key(), 0)) {
            Endpoint endpoint = new Endpoint(server.localAddress(), server.self());
            Connection staying = client.connect(endpoint, WAIT);
            int kept = server.accept(WAIT).remoteAddress().getPort();
            Set<Integer> seen = new HashSet<>();
            boolean again = false;
            for (int i = 0; i < 50 && !again; i++) {
                Connection passing = client.connect(endpoint, WAIT);
                int port = server.accept(WAIT).remoteAddress().getPort();
                assertThat(port).isNotEqualTo(kept);
                again = !seen.add(port);
                passing.close();
            }
            assertThat(again).isTrue();
            assertThat(staying.closed()).isEmpty();
        }
    }

    @Test
    void aServerThatHasGoneIsReportedOnAUsedSocketToo() throws Exception {
        SigningKey serverKey = key();
        try (Transport client = open(key(), 0)) {
            Endpoint endpoint;
            try (Transport server = open(serverKey, 0)) {
                endpoint = new Endpoint(server.localAddress(), server.self());
                for (int i = 0; i < 5; i++) {
                    client.connect(endpoint, WAIT).close();
                }
            }
            for (int i = 0; i < 3; i++) {
                StoqException failure = catchThrowableOfType(StoqException.class, () -> client.connect(endpoint, WAIT));
                assertThat(failure.code()).isEqualTo(StoqException.Code.UNREACHABLE);
            }
            try (Transport back = open(serverKey, endpoint.address().getPort())) {
                assertThat(client.connect(new Endpoint(back.localAddress(), back.self()), WAIT)
                                .closed())
                        .isEmpty();
            }
        }
    }
}
