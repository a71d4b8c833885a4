package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/** Brings certified blocks into the tree, asks for bodies that are missing, and hands bodies on. Confined to the core's thread. */
final class BlockIntake {
    private static final long BODY_BURST_BYTES = 16L << 20;
    private static final long BODY_BYTES_PER_SECOND = 8L << 20;

    private final Turn turn;
    private final BlockTree tree;
    private final ValidatorSet set;
    private final int self;
    private final BlockShelf shelf;
    private final PeerBudget budget;
    private int cursor;

    BlockIntake(Turn turn, BlockTree tree, int self, BlockShelf shelf) {
        this.turn = turn;
        this.tree = tree;
        this.set = tree.validators();
        this.self = self;
        this.shelf = shelf;
        this.budget = new PeerBudget(set, BODY_BURST_BYTES, BODY_BYTES_PER_SECOND);
    }

    /** Whether a block carries what its header, and so its id, speaks of; its sender may lie. */
    static boolean isWhole(Block block) {
        return Block.transactionsRoot(block.entries()).equals(block.header().transactionsRoot())
                && Block.evidenceRoot(block.evidence()).equals(block.header().evidenceRoot());
    }

    /** Keeps a block that is not in the tree yet. */
    void keep(Digest id, Block block) {
        if (!tree.contains(id)) {
            shelf.put(id, block);
        }
        shelf.found(id);
        turn.advance();
    }

    /** Executes a block that is kept, if its parent is in the tree. */
    void execute(Digest id) {
        Block block = shelf.get(id);
        if (block != null && tree.contains(block.header().previous())) {
            tree.add(block);
            shelf.remove(id);
        }
    }

    /** Brings a certified block and its ancestors into the tree, or asks for what is missing. */
    boolean ensureInTree(Digest id) {
        List<Block> missing = new ArrayList<>();
        Digest at = id;
        while (!tree.contains(at)) {
            Block block = shelf.get(at);
            if (block == null) {
                want(at);
                return false;
            }
            if (block.header().height() <= tree.finalizedHead().height() || missing.size() > BlockShelf.MAX_BLOCKS) {
                return false;
            }
            missing.add(block);
            at = block.header().previous();
        }
        for (int i = missing.size() - 1; i >= 0; i--) {
            if (!addCertified(missing.get(i))) {
                Digest damaged = missing.get(i).id();
                shelf.remove(damaged);
                want(damaged);
                return false;
            }
        }
        return true;
    }

    /** Adds a block whose header a quorum certified, on its parent in the tree; false when the body is not that block's. */
    boolean addCertified(Block block) {
        Digest id = block.id();
        if (tree.contains(id)) {
            return true;
        }
        Verdict verdict = tree.check(block);
        if (!verdict.accepted() && !isWhole(block)) {
            return false;
        }
        if (!verdict.accepted()) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    "Block " + id + " is certified by a quorum, but does not hold here: " + verdict
                            + ". This node's software or state differs from the others'; compare versions");
        }
        tree.add(block);
        shelf.remove(id);
        return true;
    }

    /** Asks one validator after another for a body. */
    void want(Digest id) {
        if (!shelf.want(id, turn.now())) {
            return;
        }
        for (int tries = 0; tries < set.size(); tries++) {
            cursor = (cursor + 1) % set.size();
            if (cursor != self) {
                turn.send(set.get(cursor).id(), new Message.BlockWanted(id));
                return;
            }
        }
    }

    void onWanted(NodeId from, Digest id) {
        if (!budget.allows(from, turn.now())) {
            return;
        }
        Block block = shelf.get(id);
        if (block == null) {
            block = tree.block(id).orElse(null);
        }
        if (block != null) {
            budget.spend(from, BlockShelf.sizeBytes(block), turn.now());
            turn.send(from, new Message.BlockFound(block));
        }
    }

    void onFound(Block block) {
        Digest id = block.id();
        if (shelf.isWanted(id) && isWhole(block)) {
            keep(id, block);
        }
    }
}
