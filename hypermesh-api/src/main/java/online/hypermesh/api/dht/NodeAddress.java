package online.hypermesh.api.dht;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * An IPv6 address and a port.
 *
 * @param high the address's first eight bytes, big-endian
 * @param low its last eight bytes
 * @param port 1..65535
 */
public record NodeAddress(long high, long low, int port) {
    private static final int LENGTH = 16;

    /**
     * Checks the port.
     *
     * @param high first eight bytes
     * @param low last eight bytes
     * @param port 1..65535
     */
    public NodeAddress {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port must be in 1..65535, was " + port);
        }
    }

    /**
     * The address of a socket.
     *
     * @param address resolved IPv6
     * @return the same
     */
    public static NodeAddress of(InetSocketAddress address) {
        if (!(address.getAddress() instanceof Inet6Address ip)) {
            throw new IllegalArgumentException(address + " is not a resolved IPv6 address");
        }
        ByteBuffer bytes = ByteBuffer.wrap(ip.getAddress());
        return new NodeAddress(bytes.getLong(), bytes.getLong(), address.getPort());
    }

    /**
     * The address for sockets.
     *
     * @return resolved IPv6
     */
    public InetSocketAddress toSocketAddress() {
        byte[] ip = ByteBuffer.allocate(LENGTH).putLong(high).putLong(low).array();
        try {
            return new InetSocketAddress(Inet6Address.getByAddress("", ip, -1), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("sixteen bytes are an IPv6 address", e);
        }
    }

    /**
     * The first 48 bits: what one site usually has.
     *
     * @return a number below 2^48
     */
    public long site() {
        return high >>> 16;
    }

    /**
     * Whether it is ::1.
     *
     * @return true for this machine itself
     */
    public boolean isLoopback() {
        return high == 0 && low == 1;
    }

    /**
     * Writes {@code [address, port]}.
     *
     * @param w where to
     */
    public void encode(CborWriter w) {
        w.array(2)
                .bytes(ByteBuffer.allocate(LENGTH).putLong(high).putLong(low).array())
                .uint(port);
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @param r where from
     * @return the address
     * @throws CborException when it is anything else
     */
    public static NodeAddress decode(CborReader r) {
        r.expectArray(2);
        ByteBuffer ip = ByteBuffer.wrap(r.fixedBytes(LENGTH));
        int port = r.uint(65_535);
        if (port == 0) {
            throw new CborException("port 0 is no address");
        }
        long high = ip.getLong();
        long low = ip.getLong();
        if (high == 0 && low >>> 32 == 0xffff) {
            throw new CborException("an IPv4 address in IPv6 clothes is no address");
        }
        return new NodeAddress(high, low, port);
    }

    @Override
    public String toString() {
        InetAddress ip = toSocketAddress().getAddress();
        return "[" + ip.getHostAddress() + "]:" + port;
    }
}
