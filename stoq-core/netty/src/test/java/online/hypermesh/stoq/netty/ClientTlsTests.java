package online.hypermesh.stoq.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.EngineConfig;
import org.junit.jupiter.api.Test;

class ClientTlsTests {
    private static final int LIMIT = 1024;

    private final AtomicReference<OptionalLong> sessions = new AtomicReference<>(OptionalLong.of(0));
    private final ClientTls tls = new ClientTls(
            new EngineConfig(
                    server(0),
                    List.of("stoq/1"),
                    () -> {
                        throw new AssertionError("nobody is served");
                    },
                    sessions::get,
                    PostQuantum.PREFERRED,
                    TransportLimits.DEFAULT,
                    Optional.empty()),
            Optional.empty());

    private static InetSocketAddress server(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName("::1"), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aNameIsForOneConnectionAtATimeAndForOneServer() {
        ClientTls.Offered offered = tls.offer("stoq/1", true);
        String first = offered.take(server(1));
        assertThat(offered.take(server(1))).isNotEqualTo(first).isNotNull();
        offered.giveBack(server(1), first);
        assertThat(offered.take(server(2))).isNotEqualTo(first);
        assertThat(offered.take(server(1))).isEqualTo(first);
        assertThat(offered.take(server(1))).isNotEqualTo(first);
    }

    @Test
    void theNamesOfTheServerThatWasLeftLongestAgoAreForgotten() {
        ClientTls.Offered offered = tls.offer("stoq/1", true);
        for (int port = 1; port <= LIMIT + 1; port++) {
            offered.giveBack(server(port), "name-" + port);
        }
        assertThat(offered.take(server(1))).isNotEqualTo("name-1");
        assertThat(offered.take(server(2))).isEqualTo("name-2");
        assertThat(offered.take(server(LIMIT + 1))).isEqualTo("name-" + (LIMIT + 1));
    }

    @Test
    void anotherNumberOfSessionsBeginsAnew() {
        ClientTls.Offered offered = tls.offer("stoq/1", true);
        offered.giveBack(server(1), "kept");
        assertThat(tls.offer("stoq/1", true)).isSameAs(offered);
        sessions.set(OptionalLong.of(1));
        assertThat(tls.offer("stoq/1", true).take(server(1))).isNotNull().isNotEqualTo("kept");
        sessions.set(OptionalLong.empty());
        assertThat(tls.offer("stoq/1", true).take(server(1))).isNull();
    }

    @Test
    void protocolsWithoutAHelloResumeNothing() {
        assertThat(tls.offer("doq", false).take(server(1))).isNull();
    }
}
