package online.hypermesh.impl.consensus;

/**
 * How blocks and votes are saved while transactions come in batches: a block costs its votes whatever is in it, so fewer and
 * fuller ones are cheaper, and the finality of a block is that of its ancestors. Confined to the core's thread.
 */
public final class Batching {
    /** From so many transactions on they are a batch; fewer are never made to wait. */
    public static final int MANY = 16;

    /** Blocks in a row whose finality may be left to a descendant. */
    public static final int MAX_LEFT = 2;

    private final long windowNanos;
    private int left;
    private int batch;
    private long batchNanos;

    /** @param windowNanos how long after a batch became final the next one is expected */
    Batching(long windowNanos) {
        this.windowNanos = windowNanos;
    }

    /** Decides whether to leave the finality of a notarized block to its child, which is owed; told once per block. */
    boolean leave(int transactions) {
        left = transactions < MANY || left == MAX_LEFT ? 0 : left + 1;
        return left > 0;
    }

    /** Whether the newest notarized block was left to its child. */
    boolean hasLeft() {
        return left > 0;
    }

    /** Transactions became final together. */
    void finalized(int transactions, long now) {
        if (transactions > 0) {
            batch = transactions < MANY ? 0 : transactions;
            batchNanos = batch == 0 ? 0 : now;
        }
    }

    /** Whether what waits is much less than what became final a moment ago, so that its senders are about to send more. */
    boolean expectsMore(int waiting, long now) {
        return waiting < batch - batch / 4 && now < expectedNanos();
    }

    /** Until when the next batch is expected. */
    long expectedNanos() {
        return batch == 0 ? Long.MIN_VALUE : batchNanos + windowNanos;
    }
}
