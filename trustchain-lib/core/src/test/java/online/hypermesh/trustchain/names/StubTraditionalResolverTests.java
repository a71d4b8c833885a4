package online.hypermesh.trustchain.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.names.TraditionalResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

class StubTraditionalResolverTests {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final AtomicInteger queries = new AtomicInteger();
    private DatagramSocket socket;
    private Thread server;
    private volatile Consumer<Message> answer = m -> {};

    @BeforeEach
    void start() throws IOException {
        socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName("::1"), 0));
        server = new Thread(this::serve, "test-name-server");
        server.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        socket.close();
        server.join(10_000);
        assertThat(server.isAlive()).isFalse();
    }

    private void serve() {
        byte[] buffer = new byte[4096];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                queries.incrementAndGet();
                Message query = new Message(java.util.Arrays.copyOf(buffer, packet.getLength()));
                Message response = new Message(query.getHeader().getID());
                response.getHeader().setFlag(Flags.QR);
                response.addRecord(query.getQuestion(), Section.QUESTION);
                answer.accept(response);
                byte[] wire = response.toWire();
                socket.send(new DatagramPacket(wire, wire.length, packet.getSocketAddress()));
            }
        } catch (SocketException closed) {
            // the test is over
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private StubTraditionalResolver resolver() {
        return new StubTraditionalResolver((InetSocketAddress) socket.getLocalSocketAddress());
    }

    private static AAAARecord aaaa(String name, int ttl, String address) {
        try {
            return new AAAARecord(Name.fromString(name), DClass.IN, ttl, InetAddress.getByName(address));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static CNAMERecord alias(String name, int ttl, String target) {
        try {
            return new CNAMERecord(Name.fromString(name), DClass.IN, ttl, Name.fromString(target));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void addressesComeBackWithTheSmallestTimeToLive() {
        answer = m -> {
            m.addRecord(aaaa("www.example.org.", 300, "fd00::1"), Section.ANSWER);
            m.addRecord(aaaa("www.example.org.", 200, "fd00::2"), Section.ANSWER);
        };
        TraditionalResolver.Answer found = resolver().lookup("www.example.org", TIMEOUT);
        assertThat(found.found()).isTrue();
        assertThat(found.ttlSeconds()).isEqualTo(200);
        assertThat(found.addresses())
                .extracting(a -> a.address().getHostAddress() + " " + a.port())
                .containsExactlyInAnyOrder("fd00:0:0:0:0:0:0:1 0", "fd00:0:0:0:0:0:0:2 0");
    }

    @Test
    void aliasesAreFollowedAndStrayRecordsIgnored() {
        answer = m -> {
            m.addRecord(alias("www.example.org.", 50, "a.example.net."), Section.ANSWER);
            m.addRecord(aaaa("a.example.net.", 300, "fd00::7"), Section.ANSWER);
            m.addRecord(aaaa("evil.example.net.", 300, "fd00::666"), Section.ANSWER);
        };
        TraditionalResolver.Answer found = resolver().lookup("www.example.org", TIMEOUT);
        assertThat(found.addresses())
                .extracting(a -> a.address().getHostAddress())
                .containsExactly("fd00:0:0:0:0:0:0:7");
        assertThat(found.ttlSeconds()).isEqualTo(50);
    }

    @Test
    void aLoopOfAliasesEnds() {
        answer = m -> {
            m.addRecord(alias("www.example.org.", 50, "a.example.org."), Section.ANSWER);
            m.addRecord(alias("a.example.org.", 50, "www.example.org."), Section.ANSWER);
        };
        assertThat(resolver().lookup("www.example.org", TIMEOUT).addresses()).isEmpty();
    }

    @Test
    void aNameThatDoesNotExistIsAnAnswer() {
        answer = m -> m.getHeader().setRcode(Rcode.NXDOMAIN);
        assertThat(resolver().lookup("no.example.org", TIMEOUT).found()).isFalse();
    }

    @Test
    void aNameWithoutAddressesExists() {
        TraditionalResolver.Answer found = resolver().lookup("empty.example.org", TIMEOUT);
        assertThat(found.found()).isTrue();
        assertThat(found.addresses()).isEmpty();
    }

    @Test
    void aFailingServerIsUnreachable() {
        answer = m -> m.getHeader().setRcode(Rcode.SERVFAIL);
        assertThatThrownBy(() -> resolver().lookup("www.example.org", TIMEOUT))
                .isInstanceOfSatisfying(
                        TrustchainException.class, e -> assertThat(e.code()).isEqualTo(Code.UNREACHABLE))
                .hasMessageContaining("SERVFAIL");
    }

    @Test
    void aServerThatIsNotThereIsUnreachableWithinTheTimeout() {
        StubTraditionalResolver resolver = resolver();
        socket.close();
        assertThatThrownBy(() -> resolver.lookup("www.example.org", Duration.ofMillis(300)))
                .isInstanceOfSatisfying(
                        TrustchainException.class, e -> assertThat(e.code()).isEqualTo(Code.UNREACHABLE));
    }

    @Test
    void switchedOffItAsksNobody() {
        StubTraditionalResolver resolver = resolver();
        resolver.enabled(false);
        assertThatThrownBy(() -> resolver.lookup("www.example.org", TIMEOUT)).hasMessageContaining("switched off");
        assertThat(queries).hasValue(0);
        resolver.enabled(true);
        assertThat(resolver.lookup("www.example.org", TIMEOUT).found()).isTrue();
        assertThat(queries).hasValue(1);
    }

    @Test
    void onlyIpv6ServersAreAccepted() throws IOException {
        InetSocketAddress ipv4 = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 53);
        assertThatThrownBy(() -> new StubTraditionalResolver(ipv4)).hasMessageContaining("IPv6");
    }
}
