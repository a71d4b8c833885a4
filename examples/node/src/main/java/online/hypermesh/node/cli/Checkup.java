package online.hypermesh.node.cli;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.FreePorts;
import online.hypermesh.node.network.NetworkLock;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.session.Transports;

/** What a network needs on a machine, looked at one by one. Confined to one thread. */
final class Checkup {
    private static final int MIN_JAVA = 17;
    private static final int WANTED_BUFFER_BYTES = 2 * 1024 * 1024;
    private static final long WANTED_DISK_BYTES = 1L << 30;
    private static final long MAX_FSYNC_MILLIS = 50;
    private static final Instant EARLIEST = Instant.parse("2026-11-01T00:00:00Z");
    private static final int NODES = 4;

    private final Path home;

    Checkup(Path home) {
        this.home = home;
    }

    /** How a check came out. */
    enum State {
        OK,
        WARNING,
        FAILED
    }

    /** What was found, with the next step when it is not well. */
    record Finding(String check, State state, String detail) {}

    List<Finding> all() {
        List<Finding> findings = new ArrayList<>();
        findings.add(jdk());
        findings.add(ipv6());
        findings.add(transport());
        findings.add(socketBuffers());
        findings.add(disk());
        findings.add(clock());
        findings.add(ports());
        findings.addAll(locks());
        return findings;
    }

    private static Finding jdk() {
        int feature = Runtime.version().feature();
        String text = "Java " + Runtime.version() + ", " + Runtime.getRuntime().availableProcessors() + " processors, "
                + System.getProperty("os.name") + " " + System.getProperty("os.arch");
        return feature >= MIN_JAVA
                ? new Finding("jdk", State.OK, text)
                : new Finding("jdk", State.FAILED, text + "; needs " + MIN_JAVA + " or later: set JAVA_HOME");
    }

    private static Finding ipv6() {
        try (DatagramSocket a = new DatagramSocket(new InetSocketAddress(InetAddress.getByName("::1"), 0));
                DatagramSocket b = new DatagramSocket(new InetSocketAddress(InetAddress.getByName("::1"), 0))) {
            byte[] probe = {1, 2, 3};
            a.send(new DatagramPacket(probe, probe.length, b.getLocalSocketAddress()));
            b.setSoTimeout(2000);
            DatagramPacket received = new DatagramPacket(new byte[8], 8);
            b.receive(received);
            return new Finding("ipv6", State.OK, "a datagram went through ::1");
        } catch (IOException e) {
            return new Finding(
                    "ipv6",
                    State.FAILED,
                    "no datagram through ::1 (" + e.getMessage() + "): enable IPv6 on the loopback interface");
        }
    }

    /** Opens a transport for a moment: the engine's native library must load and bind. */
    private static Finding transport() {
        try (NodeKeys keys = NodeKeys.generate(new SecureRandom())) {
            NetworkId network = new NetworkId(Digest.ZERO);
            Credentials credentials = SelfSignedLeaf.create(keys.node(), network, Duration.ofMinutes(5));
            TransportConfig config = TransportConfig.builder(
                            network, keys.node().verifyKey(), () -> credentials, new PinnedPeers(Set.of()))
                    .bind(new InetSocketAddress(InetAddress.getByName("::1"), 0))
                    .build();
            try (Transport transport = Transports.open(config)) {
                return new Finding(
                        "transport", State.OK, "the native QUIC engine listened at " + transport.localAddress());
            }
        } catch (CodedException | IOException e) {
            return new Finding("transport", State.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private static Finding socketBuffers() {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, WANTED_BUFFER_BYTES);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, WANTED_BUFFER_BYTES);
            int receive = channel.getOption(StandardSocketOptions.SO_RCVBUF);
            int send = channel.getOption(StandardSocketOptions.SO_SNDBUF);
            String text = "receive " + receive / 1024 + " KiB, send " + send / 1024 + " KiB, wanted "
                    + WANTED_BUFFER_BYTES / 1024 + " KiB";
            return receive >= WANTED_BUFFER_BYTES && send >= WANTED_BUFFER_BYTES
                    ? new Finding("socket-buffers", State.OK, text)
                    : new Finding(
                            "socket-buffers",
                            State.WARNING,
                            text + ": bulk transfers lose packets; raise net.core.rmem_max and net.core.wmem_max");
        } catch (IOException e) {
            return new Finding("socket-buffers", State.FAILED, "no UDP socket: " + e.getMessage());
        }
    }

    private Finding disk() {
        Path existing = home;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        try {
            FileStore store = Files.getFileStore(existing);
            long free = store.getUsableSpace();
            long fsyncMicros = fsyncMicros(existing);
            String text = (free >> 20) + " MiB free at " + home + ", fsync of 4 KiB in " + fsyncMicros + " us";
            if (free < WANTED_DISK_BYTES) {
                return new Finding(
                        "disk", State.WARNING, text + "; a network wants " + (WANTED_DISK_BYTES >> 20) + " MiB");
            }
            return fsyncMicros > MAX_FSYNC_MILLIS * 1000
                    ? new Finding("disk", State.WARNING, text + ": every vote waits for that; use a faster disk")
                    : new Finding("disk", State.OK, text);
        } catch (IOException e) {
            return new Finding(
                    "disk",
                    State.FAILED,
                    existing + " cannot be written: " + e + ". Choose another with HYPERMESH_HOME");
        }
    }

    private static long fsyncMicros(Path directory) throws IOException {
        Path probe = Files.createTempFile(directory, ".hypermesh-doctor", ".tmp");
        try (FileChannel channel = FileChannel.open(probe, StandardOpenOption.WRITE)) {
            long best = Long.MAX_VALUE;
            for (int i = 0; i < 3; i++) {
                channel.write(ByteBuffer.allocate(4096));
                long start = System.nanoTime();
                channel.force(true);
                best = Math.min(best, System.nanoTime() - start);
            }
            return best / 1000;
        } finally {
            Files.delete(probe);
        }
    }

    private static Finding clock() {
        Instant now = Instant.now();
        return now.isBefore(EARLIEST)
                ? new Finding(
                        "clock",
                        State.FAILED,
                        "it is " + now + " by this machine, before " + EARLIEST
                                + ": certificates would not hold; set the clock")
                : new Finding("clock", State.OK, "it is " + now + " by this machine");
    }

    private static Finding ports() {
        try {
            return new Finding(
                    "ports",
                    State.OK,
                    "free UDP ports at ::1, for example "
                            + FreePorts.udp((java.net.Inet6Address) InetAddress.getByName("::1"), NODES));
        } catch (HypermeshException | IOException e) {
            return new Finding("ports", State.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private List<Finding> locks() {
        Path networks = home.resolve("networks");
        if (!Files.isDirectory(networks)) {
            return List.of(new Finding("locks", State.OK, "no network yet in " + networks));
        }
        List<Finding> findings = new ArrayList<>();
        try (Stream<Path> directories = Files.list(networks)) {
            for (Path directory : directories.sorted().toList()) {
                findings.add(lock(directory));
            }
        } catch (IOException e) {
            return List.of(new Finding("locks", State.FAILED, networks + " cannot be read: " + e));
        }
        return findings.isEmpty() ? List.of(new Finding("locks", State.OK, "no network yet in " + networks)) : findings;
    }

    private static Finding lock(Path directory) {
        String name = String.valueOf(directory.getFileName());
        Optional<NetworkLock.Owner> owner = NetworkLock.owner(directory.resolve("lock"));
        if (owner.isEmpty()) {
            return new Finding("locks", State.OK, "network " + name + " is not running");
        }
        return owner.get().held()
                ? new Finding(
                        "locks",
                        State.OK,
                        "network " + name + " is run by " + owner.get().text())
                : new Finding(
                        "locks",
                        State.WARNING,
                        "network " + name + " has a stale lock of "
                                + owner.get().text() + ", which is gone; the next up takes it over");
    }
}
