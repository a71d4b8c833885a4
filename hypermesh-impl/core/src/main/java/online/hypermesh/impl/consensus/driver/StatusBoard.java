package online.hypermesh.impl.consensus.driver;

import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.impl.consensus.ConsensusCore;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.crypto.Digest;

/** What a node says of itself. Written by the consensus thread, read by anybody. */
final class StatusBoard {
    private final BlockTree tree;
    private volatile ConsensusStatus status;

    StatusBoard(BlockTree tree) {
        this.tree = tree;
        this.status = new ConsensusStatus(
                tree.finalizedHead().epoch(),
                0,
                0,
                tree.finalizedHead().id(),
                tree.stateRoot(tree.finalizedHead().id()),
                0,
                "not started",
                0);
    }

    ConsensusStatus status() {
        return status;
    }

    void publish(ConsensusCore running) {
        BlockHeader head = tree.finalizedHead();
        ConsensusStatus last = status;
        boolean same =
                last.finalizedHeight() == head.height() && !last.signing().equals("not started");
        Digest id = same ? last.finalizedId() : head.id();
        status = new ConsensusStatus(
                running.epoch(),
                running.view(),
                head.height(),
                id,
                same ? last.stateRoot() : tree.stateRoot(id),
                running.floor(),
                running.signingState(),
                running.peersReachable(System.nanoTime()));
    }

    /** Nothing but the reason changes any more. */
    void stopped(HypermeshException e) {
        ConsensusStatus s = status;
        status = new ConsensusStatus(
                s.epoch(),
                s.view(),
                s.finalizedHeight(),
                s.finalizedId(),
                s.stateRoot(),
                s.votesAboveView(),
                "stopped: " + e.getMessage(),
                s.peersReachable());
    }
}
