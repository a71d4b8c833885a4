package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Link;
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
     * @param links from the last block to the header the certificate names; usually empty
     */
    record Finalized(List<ExecutedBlock> blocks, Certificate certificate, List<Link> links) implements Action {
        /**
         * Copies the list.
         *
         * @param blocks at least one
         * @param certificate finality
         * @param links to the header the certificate names
         */
        public Finalized {
            blocks = List.copyOf(blocks);
            links = List.copyOf(links);
        }

        /**
         * Up to where all views are decided and executed here: the certified view, unless blocks up to it are still to come.
         *
         * @return an epoch and a view of it
         */
        public EpochView position() {
            BlockHeader last = blocks.get(blocks.size() - 1).block().header();
            return links.isEmpty() || last.isClosing()
                    ? new EpochView(
                            certificate.statement().epoch(),
                            certificate.statement().view())
                    : new EpochView(last.epoch(), last.view());
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
