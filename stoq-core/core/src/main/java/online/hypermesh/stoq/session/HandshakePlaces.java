package online.hypermesh.stoq.session;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Places for inbound handshakes. One source, an IPv4 address or an IPv6 /64, gets at most half of them, so that nobody at
 * one place keeps everybody else out. Thread-safe.
 */
final class HandshakePlaces {
    private static final int PREFIX_BYTES = 8;

    private final int places;
    private final int perSource;
    private final Map<ByteBuffer, Integer> taken = new HashMap<>();
    private int takenTogether;

    HandshakePlaces(int places) {
        this.places = places;
        this.perSource = Math.max(1, places / 2);
    }

    /** Takes a place, which {@link #leave} gives back; false when all places, or the source's share, are taken. */
    synchronized boolean enter(InetAddress from) {
        ByteBuffer source = source(from);
        int before = taken.getOrDefault(source, 0);
        if (takenTogether >= places || before >= perSource) {
            return false;
        }
        taken.put(source, before + 1);
        takenTogether++;
        return true;
    }

    /** Gives a place back. */
    synchronized void leave(InetAddress from) {
        takenTogether--;
        taken.computeIfPresent(source(from), (source, before) -> before == 1 ? null : before - 1);
    }

    private static ByteBuffer source(InetAddress from) {
        byte[] address = from.getAddress();
        return ByteBuffer.wrap(address, 0, from instanceof Inet6Address ? PREFIX_BYTES : address.length);
    }
}
