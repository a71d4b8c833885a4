package online.hypermesh.api.ledger;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import online.hypermesh.api.genesis.Genesis;

/** A node's view of the finalized chain, and the way to add to it. Thread-safe. */
public interface Ledger {
    /**
     * The network's founding document.
     *
     * @return the genesis
     */
    Genesis genesis();

    /**
     * Height of the newest finalized block this node executed.
     *
     * @return at least 0
     */
    long finalizedHeight();

    /**
     * A finalized block.
     *
     * @param height at least 1
     * @return the block, if this node has it
     */
    Optional<FinalizedBlock> block(long height);

    /**
     * Submits a transaction; the stage completes with a receipt certified by a finalized child block, or fails with a
     * {@link online.hypermesh.api.error.HypermeshException} when it is malformed, replayed or the queue is full.
     *
     * @param transaction signed
     * @return the receipt, later; the caller bounds its wait
     */
    CompletionStage<Receipt> submit(Transaction transaction);

    /**
     * Reads a value from the newest finalized state of this node, without a proof: {@link ReadLevel#STALE}.
     *
     * @param module the module
     * @param key the key
     * @return the value, if present
     */
    Optional<byte[]> read(String module, byte[] key);

    /**
     * Proves a value or its absence against the newest certified root.
     *
     * @param module the module
     * @param key the key
     * @return the proof
     * @throws online.hypermesh.api.error.HypermeshException when no root was certified yet
     */
    StateProof prove(String module, byte[] key);

    /**
     * How an epoch ended, for light clients and joiners.
     *
     * @param epoch at least 0
     * @return the hand-over to the next epoch, if this node knows it
     */
    default Optional<HandOver> handOver(long epoch) {
        return Optional.empty();
    }

    /**
     * Proves that the block of a height stands in the finalized chain, however long ago it was.
     *
     * @param height at least 0
     * @return the proof; empty when the block is not final yet, the newest one, or not held by this node
     * @throws online.hypermesh.api.error.HypermeshException BUSY when too many proofs are being made
     */
    default Optional<AncestorProof> ancestor(long height) {
        return Optional.empty();
    }

    /**
     * Hears of every finalized block in order, from a height on; replays what is already final.
     *
     * @param fromHeight first height wanted, at least 1
     * @param listener called on a thread of the ledger, outside its locks; must return soon
     * @return closes the subscription
     */
    AutoCloseable subscribe(long fromHeight, Listener listener);

    /** Hears of finalized blocks. */
    @FunctionalInterface
    interface Listener {
        /**
         * The ledger begins with the state after a block, not with the blocks up to there, of which this listener wanted some:
         * the node was started again, or joined, with a snapshot. Called before {@link #finalized}, if at all.
         *
         * @param height height of the block
         * @param state the state after it; valid during the call
         * @return whether this listener can go on from there; false, the default, keeps the ledger from starting, so that
         *     nobody goes on with a gap unaware
         */
        default boolean begins(long height, StateEntries state) {
            return false;
        }

        /**
         * A block is final and executed.
         *
         * @param block the block
         * @param outcomes what came of its transactions, in their order
         */
        void finalized(FinalizedBlock block, List<Outcome> outcomes);
    }
}
