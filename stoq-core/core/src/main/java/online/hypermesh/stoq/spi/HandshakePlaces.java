package online.hypermesh.stoq.spi;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Places for inbound handshakes. One source, an IPv4 address or an IPv6 /64, gets at most its share of them, so that nobody
 * at one place keeps everybody else out. An engine counts TLS handshakes with one, the transport hellos with another.
 * Remembers a source only while it has a place. Thread-safe.
 */
public final class HandshakePlaces {
    private static final int PREFIX_BYTES = 8;

    private final int places;
    private final int perSource;
    private final Map<ByteBuffer, Integer> taken = new HashMap<>();
    private int takenTogether;

    /**
     * Creates places that are all free.
     *
     * @param places how many
     * @param perSource how many of them one source gets
     */
    public HandshakePlaces(int places, int perSource) {
        this.places = places;
        this.perSource = perSource;
    }

    /**
     * Takes a place, which {@link #leave} gives back.
     *
     * @param from where the client is
     * @return false when all places, or the source's share, are taken
     */
    public synchronized boolean enter(InetAddress from) {
        if (!free(from)) {
            return false;
        }
        taken.merge(source(from), 1, Integer::sum);
        takenTogether++;
        return true;
    }

    /**
     * Whether {@link #enter} would succeed.
     *
     * @param from where the client is
     * @return false when all places, or the source's share, are taken
     */
    public synchronized boolean free(InetAddress from) {
        return takenTogether < places && taken(from) < perSource;
    }

    /**
     * Places that are taken.
     *
     * @return by all sources together
     */
    public synchronized int taken() {
        return takenTogether;
    }

    /**
     * Places that one source has taken.
     *
     * @param from where a client of the source is
     * @return its places
     */
    public synchronized int taken(InetAddress from) {
        return taken.getOrDefault(source(from), 0);
    }

    /**
     * Gives a place back.
     *
     * @param from the address that it was taken with
     */
    public synchronized void leave(InetAddress from) {
        if (taken(from) > 0) {
            takenTogether--;
            taken.computeIfPresent(source(from), (source, before) -> before == 1 ? null : before - 1);
        }
    }

    private static ByteBuffer source(InetAddress from) {
        byte[] address = from.getAddress();
        return ByteBuffer.wrap(address, 0, from instanceof Inet6Address ? PREFIX_BYTES : address.length);
    }
}
