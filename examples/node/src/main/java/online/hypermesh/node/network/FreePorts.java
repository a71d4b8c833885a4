package online.hypermesh.node.network;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/** Finds UDP ports that nobody uses. */
public final class FreePorts {
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
            for (int i = 0; i < count; i++) {
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
        try (DatagramSocket socket = new DatagramSocket(address)) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
