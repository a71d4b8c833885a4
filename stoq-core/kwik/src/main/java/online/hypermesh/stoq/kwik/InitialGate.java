package online.hypermesh.stoq.kwik;

import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the handshakes that Kwik has in flight. Kwik gives every first datagram of a connection two threads for the idle
 * time, whoever sent it; so first datagrams beyond a limit are dropped, and beyond half of it those of a source that has that
 * many already. Thread-safe.
 */
final class InitialGate {
    private static final int LONG_HEADER = 0x80;
    private static final int PACKET_TYPE = 0x30;
    private static final int DESTINATION_LENGTH_AT = 5;
    private static final int MAX_ID_BYTES = 20;

    private record ConnectionId(byte[] bytes) {
        @Override
        public boolean equals(Object other) {
            return other instanceof ConnectionId id && Arrays.equals(bytes, id.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    private record Place(ConnectionId id, SocketAddress from, String source, boolean counted, long untilNanos) {}

    private final int limit;
    private final long holdNanos;
    private final LongSupplier clock;
    private final KwikHealth health;
    private final Map<ConnectionId, Place> places = new HashMap<>();
    private final Map<String, Integer> bySource = new HashMap<>();
    private final ArrayDeque<Place> byAge = new ArrayDeque<>();
    private int taken;

    /**
     * @param limit handshakes in flight
     * @param holdNanos how long Kwik keeps a connection whose handshake never ends
     */
    InitialGate(int limit, long holdNanos, LongSupplier clock, KwikHealth health) {
        this.limit = limit;
        this.holdNanos = holdNanos;
        this.clock = clock;
        this.health = health;
    }

    /** Whether Kwik may see the datagram. */
    boolean admits(DatagramPacket packet) {
        ConnectionId id = initialDestination(packet);
        return id == null || admits(id, packet.getSocketAddress(), packet.getAddress());
    }

    private synchronized boolean admits(ConnectionId id, SocketAddress from, InetAddress address) {
        long now = clock.getAsLong();
        expire(now);
        if (places.containsKey(id)) {
            return true;
        }
        String source = source(address);
        int ofSource = bySource.getOrDefault(source, 0);
        if (taken >= limit || ofSource >= Math.max(1, limit / 2)) {
            health.initialRefused();
            return false;
        }
        hold(new Place(id, from, source, true, now + holdNanos));
        return true;
    }

    /** Learns the connection id that Kwik chose for a handshake, under which the rest of it arrives. */
    void sending(DatagramPacket packet) {
        byte[] data = packet.getData();
        int offset = packet.getOffset();
        int end = offset + packet.getLength();
        if (packet.getLength() < DESTINATION_LENGTH_AT + 2 || (data[offset] & LONG_HEADER) == 0) {
            return;
        }
        int at = offset + DESTINATION_LENGTH_AT;
        int sourceAt = at + 1 + (data[at] & 0xff);
        if (sourceAt >= end) {
            return;
        }
        int length = data[sourceAt] & 0xff;
        if (length > MAX_ID_BYTES || sourceAt + 1 + length > end) {
            return;
        }
        ConnectionId own = new ConnectionId(Arrays.copyOfRange(data, sourceAt + 1, sourceAt + 1 + length));
        learn(own, packet.getSocketAddress());
    }

    private synchronized void learn(ConnectionId own, SocketAddress from) {
        if (!places.containsKey(own) && byAge.size() < 4 * limit) {
            hold(new Place(own, from, "", false, clock.getAsLong() + holdNanos));
        }
    }

    /** A handshake with this address ended well: one of its places is free. */
    synchronized void finished(SocketAddress from) {
        for (Iterator<Place> i = byAge.iterator(); i.hasNext(); ) {
            Place place = i.next();
            if (place.counted() && place.from().equals(from)) {
                i.remove();
                free(place);
                // late repetitions of the first datagram still belong to the connection
                hold(new Place(place.id(), from, "", false, clock.getAsLong() + holdNanos));
                return;
            }
        }
    }

    private void hold(Place place) {
        places.put(place.id(), place);
        byAge.addLast(place);
        if (place.counted()) {
            taken++;
            bySource.merge(place.source(), 1, Integer::sum);
        }
    }

    private void expire(long now) {
        for (Place eldest = byAge.peek(); eldest != null && eldest.untilNanos() - now <= 0; eldest = byAge.peek()) {
            byAge.remove();
            free(eldest);
        }
    }

    private void free(Place place) {
        places.remove(place.id(), place);
        if (place.counted()) {
            taken--;
            bySource.computeIfPresent(place.source(), (source, count) -> count == 1 ? null : count - 1);
        }
    }

    private static @Nullable ConnectionId initialDestination(DatagramPacket packet) {
        byte[] data = packet.getData();
        int offset = packet.getOffset();
        if (packet.getLength() <= DESTINATION_LENGTH_AT
                || (data[offset] & LONG_HEADER) == 0
                || (data[offset] & PACKET_TYPE) != 0) {
            return null;
        }
        int length = data[offset + DESTINATION_LENGTH_AT] & 0xff;
        if (length > MAX_ID_BYTES || packet.getLength() < DESTINATION_LENGTH_AT + 1 + length) {
            return null;
        }
        int from = offset + DESTINATION_LENGTH_AT + 1;
        return new ConnectionId(Arrays.copyOfRange(data, from, from + length));
    }

    /** The first eight bytes of the address: a network of one owner. */
    private static String source(InetAddress address) {
        byte[] bytes = address.getAddress();
        return Arrays.toString(Arrays.copyOf(bytes, Math.min(8, bytes.length)));
    }
}
