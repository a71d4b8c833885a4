package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.stoq.base.id.NodeId;

/** What happens to the core. */
public sealed interface Event {
    /**
     * A peer said something.
     *
     * @param from who, authenticated
     * @param message what
     */
    record Received(NodeId from, Message message) implements Event {}

    /** Time passed; due when {@link SimplexCore#nextDeadlineNanos()} is reached. */
    record Tick() implements Event {}

    /**
     * The pool took entries in.
     *
     * @param entries what it took
     * @param own whether they were submitted at this node, which then tells the others
     */
    record Taken(List<BodyEntry> entries, boolean own) implements Event {
        /**
         * Copies the list.
         *
         * @param entries what it took
         * @param own whether they were submitted here
         */
        public Taken {
            entries = List.copyOf(entries);
        }
    }

    /**
     * An answer to {@link Action.CatchUp}.
     *
     * @param peer who answered
     * @param blocks what it claims to be final, consecutive, not verified; possibly empty
     */
    record CaughtUp(NodeId peer, List<FinalizedBlock> blocks) implements Event {
        /**
         * Copies the list.
         *
         * @param peer who answered
         * @param blocks what it claims
         */
        public CaughtUp {
            blocks = List.copyOf(blocks);
        }
    }

    /**
     * {@link Action.CatchUp} was not answered, or with garbage.
     *
     * @param peer who was asked
     */
    record CatchUpFailed(NodeId peer) implements Event {}
}
