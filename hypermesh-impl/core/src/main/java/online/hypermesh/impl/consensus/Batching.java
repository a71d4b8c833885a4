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
    private int batch;
    private long batchNanos;

    /** @param windowNanos how long after a batch became final the next one is expected */
    Batching(long windowNanos) {
        this.windowNanos = windowNanos;
    }

    /**
     * Whether the finality of a notarized block may be left to its child, which is owed. Every validator comes to the same
     * answer, whatever it went through: were each to count for itself, counts out of step would leave no block with a quorum
     * of FINALIZE votes. What a validator knows of finality can only add a vote.
     *
     * @param height the block's
     * @param transactions the block's
     * @param finalizedHeight how far this validator knows blocks to be final
     */
    static boolean mayLeave(long height, int transactions, long finalizedHeight) {
        return transactions >= MANY && height % (MAX_LEFT + 1) != 0 && height - finalizedHeight <= MAX_LEFT;
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
