package online.hypermesh.stoq.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.EngineConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClientTlsTests {
    private static final int LIMIT = 1024;

    private final AtomicReference<OptionalLong> sessions = new AtomicReference<>(OptionalLong.of(0));
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
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
            Optional.empty(),
            loops);

    @AfterEach
    void end() {
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    private static InetSocketAddress server(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName("::1"), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aNameIsForOneConnectionAtATimeAndForOneServer() {
        ClientTls.Offered offered = tls.offer("stoq/1", true, server(1));
        String first = offered.take(server(1));
        assertThat(offered.take(server(1))).isNotEqualTo(first).isNotNull();
        offered.giveBack(server(1), first);
        assertThat(offered.take(server(2))).isNotEqualTo(first);
        assertThat(offered.take(server(1))).isEqualTo(first);
        assertThat(offered.take(server(1))).isNotEqualTo(first);
    }

    @Test
    void theNamesOfTheServerThatWasLeftLongestAgoAreForgotten() {
        ClientTls.Offered offered = tls.offer("stoq/1", true, server(1));
        for (int port = 1; port <= LIMIT + 1; port++) {
            offered.giveBack(server(port), "name-" + port);
        }
        assertThat(offered.take(server(1))).isNotEqualTo("name-1");
        assertThat(offered.take(server(2))).isEqualTo("name-2");
        assertThat(offered.take(server(LIMIT + 1))).isEqualTo("name-" + (LIMIT + 1));
    }

    @Test
    void anotherNumberOfSessionsBeginsAnew() {
        ClientTls.Offered offered = tls.offer("stoq/1", true, server(1));
        offered.giveBack(server(1), "kept");
        assertThat(tls.offer("stoq/1", true, server(1))).isSameAs(offered);
        sessions.set(OptionalLong.of(1));
        assertThat(tls.offer("stoq/1", true, server(1)).take(server(1)))
                .isNotNull()
                .isNotEqualTo("kept");
        sessions.set(OptionalLong.empty());
        assertThat(tls.offer("stoq/1", true, server(1)).take(server(1))).isNull();
    }

    @Test
    void eachLoopHasAContextOfItsOwnAndAServerGoesWhereItsSessionIs() {
        ClientTls.Offered one = tls.offer("stoq/1", true, server(1));
        ClientTls.Offered other = tls.offer("stoq/1", true, server(1));
        assertThat(other).isNotSameAs(one);
        assertThat(other.loop()).isNotSameAs(one.loop());
        other.giveBack(server(1), "kept");
        for (int i = 0; i < 3; i++) {
            assertThat(tls.offer("stoq/1", true, server(1))).isSameAs(other);
        }
        assertThat(tls.offer("stoq/1", false, server(1))).isNotSameAs(other);
        assertThat(other.take(server(1))).isEqualTo("kept");
    }

    @Test
    void protocolsWithoutAHelloResumeNothing() {
        assertThat(tls.offer("doq", false, server(1)).take(server(1))).isNull();
    }
}
