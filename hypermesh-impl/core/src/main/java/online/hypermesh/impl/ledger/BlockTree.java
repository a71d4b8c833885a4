package online.hypermesh.impl.ledger;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The blocks a node knows above its finalized head, the state after each, and the rules of validity. Deterministic, no
 * I/O. Confined to one thread.
 */
public interface BlockTree {
    /**
     * The network.
     *
     * @return its id
     */
    NetworkId network();

    /**
     * The epoch of the blocks that may follow the finalized head.
     *
     * @return the head's epoch, or the next one when the head ends it
     */
    long epoch();

    /**
     * Who votes on the blocks that may follow the finalized head.
     *
     * @return the set of {@link #epoch()}
     */
    ValidatorSet validators();

    /**
     * The version of what validators say to each other about the blocks that may follow the finalized head.
     *
     * @return of {@link online.hypermesh.api.genesis.ProtocolVersions}, in force throughout {@link #epoch()}
     */
    int protocolVersion();

    /**
     * Who voted in an epoch.
     *
     * @param epoch the epoch
     * @return its set; known of {@link #epoch()} and the one before
     */
    Optional<ValidatorSet> validators(long epoch);

    /**
     * The newest finalized header; at first the genesis header (height 0, view 0, {@code previous} zero).
     *
     * @return the head
     */
    BlockHeader finalizedHead();

    /**
     * Whether a block was added and not pruned, the finalized head included.
     *
     * @param id its id
     * @return true if so
     */
    boolean contains(Digest id);

    /**
     * The header of a block that {@link #contains} knows.
     *
     * @param id its id
     * @return the header, if known
     */
    Optional<BlockHeader> header(Digest id);

    /**
     * A block above the finalized head.
     *
     * @param id its id
     * @return the block, if known
     */
    Optional<Block> block(Digest id);

    /**
     * Builds the child of a known block. Candidates that are invalid there, or do not fit, are left out.
     *
     * @param parentId the parent, known
     * @param epoch epoch of the child
     * @param view view of the child, larger than the parent's
     * @param proposer the leader
     * @param nowMillis the leader's clock; the child's time is at least one more than its parent's
     * @param candidates in order of preference
     * @return the child; not yet added
     */
    default Block assemble(
            Digest parentId,
            long epoch,
            long view,
            NodeId proposer,
            long nowMillis,
            List<? extends BodyEntry> candidates) {
        return assemble(parentId, epoch, view, proposer, nowMillis, candidates, List.of());
    }

    /**
     * Builds the child of a known block with evidence. What a child may not carry, or does not fit, is left out. A child in
     * the epoch of a parent that {@linkplain BlockHeader#isClosing() closes} it carries nothing; a child in the next epoch may
     * stand only on the finalized head.
     *
     * @param parentId the parent, known
     * @param epoch epoch of the child
     * @param view view of the child, larger than the parent's
     * @param proposer the leader
     * @param nowMillis the leader's clock; the child's time is at least one more than its parent's
     * @param candidates in order of preference
     * @param evidence equivocations whose signatures hold
     * @return the child; not yet added
     */
    Block assemble(
            Digest parentId,
            long epoch,
            long view,
            NodeId proposer,
            long nowMillis,
            List<? extends BodyEntry> candidates,
            List<Equivocation> evidence);

    /**
     * Whether a child of a known block may carry an equivocation: it is of the child's epoch or the one before and of a
     * validator of its epoch, not recorded yet, and the validator's record is not full. The signatures are not checked.
     *
     * @param parentId the block
     * @param equivocation the equivocation
     * @return true if so
     */
    boolean admits(Digest parentId, Equivocation equivocation);

    /**
     * Checks a block against its parent, which must be known: network, epoch, heights, views, roots, body, signatures and
     * nonces of its transactions, limits, time after its parent.
     *
     * @param block the block
     * @return accepted, or the first failed check; NOT_FOUND when the parent is unknown
     */
    Verdict check(Block block);

    /**
     * The same without the signatures of the block's transactions, for a block that a quorum certified: its members checked
     * them before they voted.
     *
     * @param block known to be final
     * @return accepted, or the first failed check
     */
    Verdict checkCertified(Block block);

    /**
     * Executes a checked block and keeps it; does nothing when it is known.
     *
     * @param block accepted by {@link #check}
     */
    void add(Block block);

    /**
     * Makes a known block and its ancestors final and prunes every branch beside them. Where they end an epoch, the block
     * that ends it becomes the finalized head, and those after it are forgotten: they belong to no chain.
     *
     * @param id the block
     * @return the newly final blocks, oldest first; empty when it was final already
     */
    List<Block> finalizeUpTo(Digest id);

    /**
     * The Merkle path (RFC 9162 §2.1.3) from a known block to {@code ancestorsRoot} of a known descendant.
     *
     * @param id the block, above the finalized head
     * @param descendant the descendant
     * @return hashes from the leaf's sibling upwards
     */
    List<Digest> ancestorPath(Digest id, Digest descendant);

    /**
     * What came of a known block's transactions.
     *
     * @param id the block; also the finalized head
     * @return outcomes in order
     */
    List<Outcome> outcomes(Digest id);

    /**
     * Proofs of what came of a known block's transactions.
     *
     * @param id the block; also the finalized head
     * @return the tree over the outcomes; empty for the genesis block
     */
    Receipts receipts(Digest id);

    /**
     * Root of the state after a known block.
     *
     * @param id the block
     * @return the root
     */
    Digest stateRoot(Digest id);

    /**
     * A module's key space after a known block.
     *
     * @param id the block
     * @param module the module
     * @return the state, immutable: it may be read later and from other threads
     */
    StateReader state(Digest id, String module);

    /**
     * Path through the state tree after a known block, for {@code StateProof.treePath}.
     *
     * @param id the block
     * @param module the module
     * @param key the key, present or absent
     * @return canonical bytes
     */
    byte[] treePath(Digest id, String module, byte[] key);
}
