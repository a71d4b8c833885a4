package online.hypermesh.stoq;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Where a node is expected: an IPv6 address and port, and the identity that must answer there.
 *
 * @param address a resolved IPv6 address with a port
 * @param id the identity that must answer
 */
public record Endpoint(InetSocketAddress address, NodeId id) {
    /**
     * Checks that the address is resolved IPv6.
     *
     * @param address resolved IPv6
     * @param id expected identity
     */
    public Endpoint {
        if (!(address.getAddress() instanceof Inet6Address)) {
            throw new IllegalArgumentException("STOQ speaks IPv6 only; " + address + " is not a resolved IPv6 address");
        }
    }
}
