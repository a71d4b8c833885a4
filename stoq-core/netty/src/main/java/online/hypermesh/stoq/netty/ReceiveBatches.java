package online.hypermesh.stoq.netty;

import io.netty.channel.ChannelConfig;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * How many datagrams an epoll socket asks the system for at once: one while they come alone, as asking for many costs more
 * than answering one; many as soon as they come together. Thread-safe; its handles are confined to their sockets' event loops.
 */
final class ReceiveBatches extends DefaultMaxMessagesRecvByteBufAllocator {
    /** Datagrams taken one by one before the system is asked for many. */
    private static final int ALONE = 8;

    /** Rounds with fewer datagrams than {@link #ALONE} after which they are expected alone. */
    private static final int QUIET_ROUNDS = 4;

    private final int datagramBytes;
    private final int most;

    ReceiveBatches(int datagramBytes, int most) {
        // the default of one datagram per round would acknowledge each of them by itself
        super(ALONE + most);
        this.datagramBytes = datagramBytes;
        this.most = most;
    }

    @Override
    @SuppressWarnings("deprecation") // the only kind of handle that there is
    public Handle newHandle() {
        return new Batch();
    }

    private final class Batch extends MaxMessageHandle {
        private boolean together;
        private int quietRounds;
        private int read;
        private int lastRead;

        @Override
        public void reset(ChannelConfig config) {
            super.reset(config);
            read = 0;
            lastRead = 0;
        }

        @Override
        public int guess() {
            return together ? most * datagramBytes : datagramBytes;
        }

        @Override
        public void lastBytesRead(int bytes) {
            super.lastBytesRead(bytes);
            lastRead = (bytes + datagramBytes - 1) / datagramBytes;
            read += Math.max(0, lastRead);
            if (read >= ALONE) {
                together = most > 1;
                quietRounds = 0;
            }
        }

        /** A batch that is not full was all there is; the system tells when there is more. */
        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
            return (lastRead == 1 && read <= ALONE || lastRead == most) && super.continueReading(maybeMore);
        }

        @Override
        public void readComplete() {
            if (together && read < ALONE && ++quietRounds >= QUIET_ROUNDS) {
                together = false;
                quietRounds = 0;
            }
        }
    }
}
