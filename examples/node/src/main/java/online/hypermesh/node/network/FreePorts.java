package online.hypermesh.node.network;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Finds UDP ports that nobody uses, below those that systems give to sockets without a port of their own (from 32768 on Linux,
 * from 49152 elsewhere): a node that stops finds its port again when it comes back, whoever dialed meanwhile.
 */
public final class FreePorts {
    private static final int FIRST = 20_000;
    private static final int END = 32_768;
    private static final int MAX_LOOKS = 1000;

    private FreePorts() {}

    /**
     * Ports that were free a moment ago.
     *
     * @param address where
     * @param count how many
     * @return distinct ports
     */
    public static List<Integer> udp(Inet6Address address, int count) {
        List<DatagramSocket> held = new ArrayList<>();
        try {
            SecureRandom random = new SecureRandom();
            for (int looks = 0; looks < MAX_LOOKS && held.size() < count; looks++) {
                bound(new InetSocketAddress(address, FIRST + random.nextInt(END - FIRST)))
                        .ifPresent(held::add);
            }
            while (held.size() < count) {
                held.add(new DatagramSocket(new InetSocketAddress(address, 0)));
            }
            return held.stream().map(DatagramSocket::getLocalPort).toList();
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.WHOLE_OPERATION,
                    "no free UDP port at " + address.getHostAddress() + ": " + e.getMessage()
                            + ". Check that IPv6 is enabled: hypermesh doctor",
                    e);
        } finally {
            held.forEach(DatagramSocket::close);
        }
    }

    /**
     * Whether a port can be bound now.
     *
     * @param address where
     * @return true when nobody uses it
     */
    public static boolean isFree(InetSocketAddress address) {
        Optional<DatagramSocket> socket = bound(address);
        socket.ifPresent(DatagramSocket::close);
        return socket.isPresent();
    }

    private static Optional<DatagramSocket> bound(InetSocketAddress address) {
        try {
            return Optional.of(new DatagramSocket(address));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
