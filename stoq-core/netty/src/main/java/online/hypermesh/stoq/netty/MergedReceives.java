package online.hypermesh.stoq.netty;

import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Room for what the system hands over at once where it merges datagrams of one sender (UDP_GRO): more than the room holds would
 * be cut off. Thread-safe; its handles are confined to their sockets' event loops.
 */
final class MergedReceives extends DefaultMaxMessagesRecvByteBufAllocator {
    /** No merged datagram is longer than an IP packet can be. */
    static final int ROOM_BYTES = 64 * 1024;

    /** After so many datagrams a round ends, so that others have their turn. */
    private static final int ROUND_DATAGRAMS = 72;

    MergedReceives() {
        super(ROUND_DATAGRAMS);
    }

    @Override
    @SuppressWarnings("deprecation") // the only kind of handle that there is
    public Handle newHandle() {
        return new Room();
    }

    private final class Room extends MaxMessageHandle {
        @Override
        public int guess() {
            return ROOM_BYTES;
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
            return lastBytesRead() > 0 && super.continueReading(maybeMore);
        }
    }
}
