package online.hypermesh.stoq.kwik;

import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import online.hypermesh.stoq.spi.HandshakePlaces;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the handshakes that Kwik has in flight. Kwik gives every first datagram of a connection two threads for the idle
 * time, whoever sent it; so first datagrams beyond a limit are dropped, and beyond its share those of one source. What RFC
 * 9000 calls no first datagram takes no place: those of fewer than 1200 bytes, for a connection id of fewer than 8, and of
 * other versions than 1, but that Kwik may answer a version it does not know. Thread-safe.
 */
final class InitialGate {
    private static final int LONG_HEADER = 0x80;
    private static final int PACKET_TYPE = 0x30;
    private static final int DESTINATION_LENGTH_AT = 5;
    private static final int MAX_ID_BYTES = 20;
    private static final int MIN_ID_BYTES = 8;
    private static final int MIN_INITIAL_BYTES = 1200;
    private static final int VERSION_1 = 1;
    private static final int VERSION_2 = 0x6b3343cf;
    private static final int DRAFTS = 0xff000000;
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

    private record Place(SocketAddress from, InetAddress source, long untilNanos) {}

    private final int limit;
    private final HandshakePlaces counted;
    private final long holdNanos;
    private final LongSupplier clock;
    private final KwikHealth health;

    /** Handshakes in flight, eldest first. */
    private final Map<ConnectionId, Place> places = new LinkedHashMap<>();

    /** Connection ids whose packets belong to handshakes that were let in, and until when; eldest first. */
    private final Map<ConnectionId, Long> known = new LinkedHashMap<>();

    /**
     * @param limit handshakes in flight
     * @param perSource those of one IPv6 /64
     * @param holdNanos how long Kwik keeps a connection whose handshake never ends
     */
    InitialGate(int limit, int perSource, long holdNanos, LongSupplier clock, KwikHealth health) {
        this.limit = limit;
        this.counted = new HandshakePlaces(limit, perSource);
        this.holdNanos = holdNanos;
        this.clock = clock;
        this.health = health;
    }

    /** Whether Kwik may see the datagram. */
    boolean admits(DatagramPacket packet) {
        byte[] data = packet.getData();
        int offset = packet.getOffset();
        if (packet.getLength() == 0 || (data[offset] & LONG_HEADER) == 0) {
            return true;
        }
        ConnectionId id = destination(packet);
        if (id == null) {
            health.initialRefused();
            return false;
        }
        int version = ByteBuffer.wrap(data, offset + 1, Integer.BYTES).getInt();
        boolean large = packet.getLength() >= MIN_INITIAL_BYTES;
        boolean first =
                version == VERSION_1 && (data[offset] & PACKET_TYPE) == 0 && large && id.bytes().length >= MIN_ID_BYTES;
        boolean unknown =
                version != VERSION_1 && version != VERSION_2 && version != 0 && (version & DRAFTS) != DRAFTS && large;
        return admits(id, packet.getSocketAddress(), packet.getAddress(), first, unknown);
    }

    private synchronized boolean admits(
            ConnectionId id, SocketAddress from, InetAddress address, boolean first, boolean unknownVersion) {
        long now = clock.getAsLong();
        expire(now);
        if (unknownVersion || places.containsKey(id) || known.containsKey(id)) {
            return true;
        }
        if (!first || !counted.enter(address)) {
            health.initialRefused();
            return false;
        }
        places.put(id, new Place(from, address, now + holdNanos));
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
        counted.leave(place.source());
    }

    private static @Nullable ConnectionId destination(DatagramPacket packet) {
        byte[] data = packet.getData();
        int offset = packet.getOffset();
        if (packet.getLength() <= DESTINATION_LENGTH_AT) {
            return null;
        }
        int length = data[offset + DESTINATION_LENGTH_AT] & 0xff;
        if (length > MAX_ID_BYTES || packet.getLength() < DESTINATION_LENGTH_AT + 1 + length) {
            return null;
        }
        int from = offset + DESTINATION_LENGTH_AT + 1;
        return new ConnectionId(Arrays.copyOfRange(data, from, from + length));
    }
}
