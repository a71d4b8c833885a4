package online.hypermesh.stoq.netty;

import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/**
 * How many datagrams a socket asks the system for at once: one while they come alone, as asking for many costs more than
 * answering one; more while they come together. Thread-safe; its handles are confined to their sockets' event loops.
 */
final class ReceiveBatches extends DefaultMaxMessagesRecvByteBufAllocator {
    private static final int STEP = 8;

    private final int datagramBytes;
    private final int most;

    ReceiveBatches(int datagramBytes, int most) {
        this.datagramBytes = datagramBytes;
        this.most = most;
    }

    @Override
    @SuppressWarnings("deprecation") // the only kind of handle that there is
    public Handle newHandle() {
        return new Batch();
    }

    private final class Batch extends MaxMessageHandle {
        private int datagrams = 1;

        @Override
        public int guess() {
            return datagrams * datagramBytes;
        }

        @Override
        public void readComplete() {
            int read = totalBytesRead() / datagramBytes;
            if (read >= datagrams) {
                datagrams = read > 1 ? Math.min(most, datagrams * STEP) : datagrams;
            } else if (read < datagrams / STEP) {
                datagrams = Math.max(1, datagrams / STEP);
            }
        }
    }
}
