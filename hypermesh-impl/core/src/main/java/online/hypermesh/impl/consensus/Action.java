package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What the core wants done, in this order. Everything after a {@link Persist} waits until that record is durable; what
 * comes before need not wait.
 */
public sealed interface Action {
    /**
     * Append to the vote log and make durable before any later action.
     *
     * @param record what to remember
     */
    record Persist(VoteRecord record) implements Action {}

    /**
     * Tell one node.
     *
     * @param to whom
     * @param message what
     */
    record Send(NodeId to, Message message) implements Action {}

    /**
     * Tell every other validator.
     *
     * @param message what
     */
    record Broadcast(Message message) implements Action {}

    /**
     * Ask for finalized blocks; answer with {@link Event.CaughtUp} or {@link Event.CatchUpFailed}, once.
     *
     * @param peer whom
     * @param fromHeight first height wanted
     */
    record CatchUp(NodeId peer, long fromHeight) implements Action {}

    /**
     * Blocks became final, oldest first, after those reported before.
     *
     * @param blocks at least one
     * @param certificate finality of the last one or, where it ends its epoch, of the last link
     * @param links headers from the last block's successor up to the one the certificate names; usually empty
     */
    record Finalized(List<ExecutedBlock> blocks, Certificate certificate, List<BlockHeader> links) implements Action {
        /**
         * Copies the list.
         *
         * @param blocks at least one
         * @param certificate finality
         * @param links headers in between
         */
        public Finalized {
            blocks = List.copyOf(blocks);
            links = List.copyOf(links);
        }

        /**
         * Whether the last of them ends its epoch. What follows is of another one; before anything of it leaves this node,
         * the blocks must be durable.
         *
         * @return true if so
         */
        public boolean endsEpoch() {
            return blocks.get(blocks.size() - 1).block().header().isClosing();
        }
    }

    /**
     * A validator contradicted itself; both signatures hold.
     *
     * @param equivocation the proof
     */
    record Report(Equivocation equivocation) implements Action {}

    /**
     * This node's signing changed.
     *
     * @param state the new state, for people
     */
    record SigningChanged(String state) implements Action {}
}
