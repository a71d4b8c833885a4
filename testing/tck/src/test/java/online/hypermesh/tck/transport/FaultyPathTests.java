package online.hypermesh.tck.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FaultyPathTests {
    private static final int ARRIVES_MILLIS = 5000;
    private static final int STAYS_AWAY_MILLIS = 150;

    private DatagramSocket target;
    private DatagramSocket client;

    @BeforeEach
    void open() throws IOException {
        target = new DatagramSocket(Party.loopback(0));
        client = new DatagramSocket(Party.loopback(0));
        target.setReceiveBufferSize(1 << 20);
    }

    @AfterEach
    void close() {
        target.close();
        client.close();
    }

    private FaultyPath path(PathFaults faults, long seed) {
        return FaultyPath.to((InetSocketAddress) target.getLocalSocketAddress(), faults, seed);
    }

    private static byte[] datagram(int number, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) number);
        return bytes;
    }

    private static void send(DatagramSocket from, byte[] bytes, InetSocketAddress to) throws IOException {
        from.send(new DatagramPacket(bytes, bytes.length, to));
    }

    private static DatagramPacket receive(DatagramSocket at, int millis) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        at.setSoTimeout(millis);
        at.receive(packet);
        return packet;
    }

    private static byte[] bytes(DatagramPacket packet) {
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    @Test
    void aPerfectPathCarriesDatagramsBothWaysUnchanged() throws IOException {
        try (FaultyPath path = path(PathFaults.NONE, 1)) {
            for (int i = 1; i <= 50; i++) {
                send(client, datagram(i, 10 * i), path.address());
                DatagramPacket arrived = receive(target, ARRIVES_MILLIS);
                assertThat(bytes(arrived)).isEqualTo(datagram(i, 10 * i));
                send(target, datagram(i, 20 * i), (InetSocketAddress) arrived.getSocketAddress());
                DatagramPacket back = receive(client, ARRIVES_MILLIS);
                assertThat(bytes(back)).isEqualTo(datagram(i, 20 * i));
                assertThat(back.getSocketAddress()).isEqualTo(path.address());
            }
            assertThat(path.counts()).isEqualTo(new FaultyPath.Counts(100, 0, 0, 0, 0, 0, 0));
        }
    }

    @Test
    void aCutPathCarriesNothingUntilItIsMended() throws IOException {
        try (FaultyPath path = path(PathFaults.CUT, 1)) {
            send(client, datagram(1, 10), path.address());
            assertThatThrownBy(() -> receive(target, STAYS_AWAY_MILLIS)).isInstanceOf(SocketTimeoutException.class);
            path.set(PathFaults.NONE);
            send(client, datagram(2, 10), path.address());
            assertThat(bytes(receive(target, ARRIVES_MILLIS))).isEqualTo(datagram(2, 10));
        }
    }

    @Test
    void theSameSeedLosesTheSameDatagrams() throws IOException {
        List<Integer> first = numbersThatArrive(7);
        assertThat(first).hasSizeBetween(60, 140);
        assertThat(numbersThatArrive(7)).isEqualTo(first);
        assertThat(numbersThatArrive(8)).isNotEqualTo(first);
    }

    private List<Integer> numbersThatArrive(long seed) throws IOException {
        List<Integer> arrived = new ArrayList<>();
        try (FaultyPath path = path(PathFaults.NONE.withLoss(500), seed)) {
            for (int i = 0; i < 200; i++) {
                send(client, datagram(i % 100, 8), path.address());
            }
            FaultyPath.Counts counts = path.counts();
            while (counts.lost() + counts.delivered() < 200) {
                counts = path.counts();
            }
            path.set(PathFaults.NONE);
            send(client, datagram(127, 9), path.address());
            for (byte[] next = bytes(receive(target, ARRIVES_MILLIS));
                    next.length != 9;
                    next = bytes(receive(target, ARRIVES_MILLIS))) {
                arrived.add((int) next[0]);
            }
            assertThat(path.counts().lost()).isEqualTo(200 - arrived.size());
        }
        return arrived;
    }

    @Test
    void everyDatagramIsCorruptedByOneBit() throws IOException {
        try (FaultyPath path = path(new PathFaults(0, 0, 0, 1000, Duration.ZERO, 65_535), 3)) {
            send(client, datagram(0, 100), path.address());
            int flipped = 0;
            for (byte b : bytes(receive(target, ARRIVES_MILLIS))) {
                flipped += Integer.bitCount(b & 0xff);
            }
            assertThat(flipped).isOne();
        }
    }

    @Test
    void everyDatagramArrivesTwice() throws IOException {
        try (FaultyPath path = path(new PathFaults(0, 0, 1000, 0, Duration.ZERO, 65_535), 3)) {
            send(client, datagram(5, 100), path.address());
            assertThat(bytes(receive(target, ARRIVES_MILLIS))).isEqualTo(datagram(5, 100));
            assertThat(bytes(receive(target, ARRIVES_MILLIS))).isEqualTo(datagram(5, 100));
        }
    }

    @Test
    void reorderedDatagramsAllArriveInAnotherOrder() throws IOException {
        try (FaultyPath path = path(new PathFaults(0, 500, 0, 0, Duration.ZERO, 65_535), 3)) {
            List<Integer> arrived = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                send(client, datagram(i, 8), path.address());
            }
            for (int i = 0; i < 100; i++) {
                arrived.add((int) bytes(receive(target, ARRIVES_MILLIS))[0]);
            }
            assertThat(arrived)
                    .doesNotHaveDuplicates()
                    .isNotEqualTo(arrived.stream().sorted().toList());
        }
    }

    @Test
    void aDelayIsKept() throws IOException {
        try (FaultyPath path = path(PathFaults.NONE.withDelay(Duration.ofMillis(80)), 3)) {
            long begin = System.nanoTime();
            send(client, datagram(1, 8), path.address());
            receive(target, ARRIVES_MILLIS);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(80));
        }
    }

    @Test
    void datagramsBeyondThePathsSizeAreDropped() throws IOException {
        try (FaultyPath path = path(PathFaults.NONE.withMaxDatagramBytes(1232), 3)) {
            send(client, datagram(1, 1233), path.address());
            send(client, datagram(2, 1232), path.address());
            assertThat(bytes(receive(target, ARRIVES_MILLIS))).isEqualTo(datagram(2, 1232));
            assertThat(path.counts().oversized()).isOne();
        }
    }

    @Test
    void aReboundPathSpeaksFromAnotherPortAndTheOldOneIsDead() throws IOException {
        try (FaultyPath path = path(PathFaults.NONE, 3)) {
            send(client, datagram(1, 8), path.address());
            InetSocketAddress before =
                    (InetSocketAddress) receive(target, ARRIVES_MILLIS).getSocketAddress();
            assertThat(path.ports()).containsExactly(before.getPort());
            path.rebind();
            assertThat(path.ports()).doesNotContain(before.getPort());
            send(target, datagram(2, 8), before);
            send(client, datagram(3, 8), path.address());
            DatagramPacket after = receive(target, ARRIVES_MILLIS);
            assertThat(after.getPort()).isEqualTo(path.ports().get(0));
            send(target, datagram(4, 8), (InetSocketAddress) after.getSocketAddress());
            assertThat(bytes(receive(client, ARRIVES_MILLIS))).isEqualTo(datagram(4, 8));
        }
    }

    @Test
    void clientsHavePortsOfTheirOwn() throws IOException {
        try (FaultyPath path = path(PathFaults.NONE, 3);
                DatagramSocket other = new DatagramSocket(Party.loopback(0))) {
            send(client, datagram(1, 8), path.address());
            DatagramPacket first = receive(target, ARRIVES_MILLIS);
            send(other, datagram(2, 8), path.address());
            DatagramPacket second = receive(target, ARRIVES_MILLIS);
            assertThat(second.getPort()).isNotEqualTo(first.getPort());
            send(target, datagram(3, 8), (InetSocketAddress) second.getSocketAddress());
            assertThat(bytes(receive(other, ARRIVES_MILLIS))).isEqualTo(datagram(3, 8));
        }
    }

    @Test
    void chancesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> PathFaults.ofEveryKind(1001))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lossPermille must be in 0..1000, was 1001");
    }
}
