package online.hypermesh.trustchain.api.names;

import java.net.Inet6Address;
import java.net.UnknownHostException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * Where a name leads: an IPv6 address and a port. Immutable.
 *
 * @param address an IPv6 address without a scope
 * @param port 1..65535, or 0 when only the address is known
 */
public record ServiceAddress(Inet6Address address, int port) {
    /**
     * Checks the address and the port.
     *
     * @param address IPv6, no scope, not IPv4-mapped
     * @param port 0..65535
     */
    public ServiceAddress {
        if (address.getScopeId() != 0 || address.getScopedInterface() != null) {
            throw new IllegalArgumentException("an address in a name has no scope, was " + address.getHostAddress());
        }
        if (isIpv4Mapped(address.getAddress())) {
            throw new IllegalArgumentException("an IPv4-mapped address is not accepted; use IPv6");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be in 0..65535, was " + port);
        }
    }

    /**
     * Makes an address from its bytes.
     *
     * @param address 16 bytes, network order
     * @param port 0..65535
     * @return the address
     */
    public static ServiceAddress of(byte[] address, int port) {
        if (address.length != 16) {
            throw new IllegalArgumentException("an IPv6 address has 16 bytes, got " + address.length);
        }
        try {
            return new ServiceAddress(Inet6Address.getByAddress(null, address, -1), port);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an IPv6 address", e);
        }
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(2).bytes(address.getAddress()).uint(port);
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the address
     * @throws CborException if it is not canonical
     */
    public static ServiceAddress readFrom(CborReader r) {
        r.expectArray(2);
        return of(r.fixedBytes(16), r.uint(65_535));
    }

    private static boolean isIpv4Mapped(byte[] b) {
        for (int i = 0; i < 10; i++) {
            if (b[i] != 0) {
                return false;
            }
        }
        return b[10] == (byte) 0xff && b[11] == (byte) 0xff;
    }

    @Override
    public String toString() {
        return "[" + address.getHostAddress() + "]:" + port;
    }
}
