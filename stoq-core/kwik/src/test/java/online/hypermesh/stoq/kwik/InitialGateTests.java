package online.hypermesh.stoq.kwik;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class InitialGateTests {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 50);
    private final KwikHealth health = new KwikHealth();
    private final InitialGate gate = new InitialGate(8, 4, 100, now::get, health);

    private static InetSocketAddress client(int network, int port) throws Exception {
        byte[] address = new byte[16];
        address[0] = 0x20;
        address[7] = (byte) network;
        address[15] = 1;
        return new InetSocketAddress(InetAddress.getByAddress(address), port);
    }

    private static DatagramPacket initial(int id, InetSocketAddress from) {
        byte[] data = new byte[1200];
        data[0] = (byte) 0xc3;
        data[4] = 1;
        data[5] = 8;
        data[6] = (byte) id;
        return new DatagramPacket(data, data.length, from);
    }

    @Test
    void handshakesInFlightAreLimitedInAllAndPerNetwork() throws Exception {
        for (int i = 0; i < 4; i++) {
            assertThat(gate.admits(initial(i, client(1, 1000 + i)))).isTrue();
        }
        assertThat(gate.admits(initial(4, client(1, 1004))))
                .as("half of one network")
                .isFalse();
        for (int i = 10; i < 14; i++) {
            assertThat(gate.admits(initial(i, client(i, 1)))).isTrue();
        }
        assertThat(gate.admits(initial(20, client(20, 1)))).as("all").isFalse();
        assertThat(gate.admits(initial(0, client(1, 1000)))).as("a repetition").isTrue();
        assertThat(health.refusedInitials()).isEqualTo(2);
    }

    @Test
    void aPlaceIsFreeWhenTheHandshakeIsFinishedOrItsTimeIsOver() throws Exception {
        for (int i = 0; i < 4; i++) {
            gate.admits(initial(i, client(1, 1000 + i)));
        }
        gate.finished(client(1, 1002));
        assertThat(gate.admits(initial(5, client(1, 1005)))).isTrue();
        assertThat(gate.admits(initial(2, client(1, 1002))))
                .as("a late repetition")
                .isTrue();
        assertThat(gate.admits(initial(6, client(1, 1006)))).isFalse();
        now.addAndGet(100);
        for (int i = 20; i < 24; i++) {
            assertThat(gate.admits(initial(i, client(1, i)))).isTrue();
        }
    }

    @Test
    void theRestOfAHandshakeComesUnderTheServersConnectionId() throws Exception {
        InetSocketAddress from = client(1, 1000);
        for (int i = 0; i < 4; i++) {
            gate.admits(initial(i, from));
        }
        byte[] answer = new byte[1200];
        answer[0] = (byte) 0xe3;
        answer[4] = 1;
        answer[5] = 0;
        answer[6] = 8;
        answer[7] = 99;
        assertThat(gate.admits(initial(99, from))).isFalse();
        gate.sending(new DatagramPacket(answer, answer.length, from));
        assertThat(gate.admits(initial(99, from))).isTrue();
    }

    @Test
    void otherDatagramsAreNoneOfItsBusiness() throws Exception {
        byte[] data = new byte[40];
        data[0] = 0x40;
        assertThat(gate.admits(new DatagramPacket(data, data.length, client(1, 1))))
                .isTrue();
        assertThat(gate.admits(new DatagramPacket(new byte[] {(byte) 0xc0}, 1, client(1, 1))))
                .as("cut within its head")
                .isFalse();
    }

    @Test
    void whatIsNoFirstDatagramTakesNoPlaceAndStartsNothing() throws Exception {
        InetSocketAddress from = client(1, 1);
        DatagramPacket small = initial(1, from);
        small.setLength(1199);
        assertThat(gate.admits(small)).as("too small").isFalse();
        DatagramPacket shortId = initial(2, from);
        shortId.getData()[5] = 7;
        assertThat(gate.admits(shortId)).as("connection id of 7 bytes").isFalse();
        DatagramPacket second = initial(3, from);
        System.arraycopy(new byte[] {(byte) 0xd3, 0x6b, 0x33, 0x43, (byte) 0xcf}, 0, second.getData(), 0, 5);
        assertThat(gate.admits(second)).as("version 2").isFalse();
        DatagramPacket handshake = initial(4, from);
        handshake.getData()[0] = (byte) 0xe3;
        assertThat(gate.admits(handshake)).as("nobody's handshake").isFalse();
        DatagramPacket unknown = initial(5, from);
        unknown.getData()[1] = 0x1a;
        assertThat(gate.admits(unknown)).as("Kwik names its versions").isTrue();
        unknown.setLength(1199);
        assertThat(gate.admits(unknown)).as("but not to small datagrams").isFalse();
        for (int i = 10; i < 14; i++) {
            assertThat(gate.admits(initial(i, from))).as("a place is free").isTrue();
        }
    }
}
