package online.hypermesh.stoq.kwik;

import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
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
    private static final int KNOWN_PER_PLACE = 16;

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

    private record Place(SocketAddress from, String source, long untilNanos) {}

    private final int limit;
    private final long holdNanos;
    private final LongSupplier clock;
    private final KwikHealth health;

    /** Handshakes in flight, eldest first. */
    private final Map<ConnectionId, Place> places = new LinkedHashMap<>();

    private final Map<String, Integer> bySource = new HashMap<>();

    /** Connection ids whose packets belong to handshakes that were let in, and until when; eldest first. */
    private final Map<ConnectionId, Long> known = new LinkedHashMap<>();

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
        if (places.containsKey(id) || known.containsKey(id)) {
            return true;
        }
        String source = source(address);
        int ofSource = bySource.getOrDefault(source, 0);
        if (places.size() >= limit || ofSource >= Math.max(1, limit / 2)) {
            health.initialRefused();
            return false;
        }
        places.put(id, new Place(from, source, now + holdNanos));
        bySource.put(source, ofSource + 1);
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
        if (length <= MAX_ID_BYTES && sourceAt + 1 + length <= end) {
            learn(new ConnectionId(Arrays.copyOfRange(data, sourceAt + 1, sourceAt + 1 + length)));
        }
    }

    private synchronized void learn(ConnectionId id) {
        if (known.putIfAbsent(id, clock.getAsLong() + holdNanos) == null && known.size() > KNOWN_PER_PLACE * limit) {
            Iterator<ConnectionId> eldest = known.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
    }

    /** A handshake with this address ended well: one of its places is free. */
    synchronized void finished(SocketAddress from) {
        for (Iterator<Map.Entry<ConnectionId, Place>> i = places.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<ConnectionId, Place> entry = i.next();
            if (entry.getValue().from().equals(from)) {
                i.remove();
                free(entry.getValue());
                // late repetitions of the first datagram still belong to the connection
                learn(entry.getKey());
                return;
            }
        }
    }

    private void expire(long now) {
        Iterator<Place> eldest = places.values().iterator();
        while (eldest.hasNext()) {
            Place place = eldest.next();
            if (place.untilNanos() - now > 0) {
                break;
            }
            eldest.remove();
            free(place);
        }
        Iterator<Long> oldest = known.values().iterator();
        while (oldest.hasNext() && oldest.next() - now <= 0) {
            oldest.remove();
        }
    }

    private void free(Place place) {
        bySource.computeIfPresent(place.source(), (source, count) -> count == 1 ? null : count - 1);
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
