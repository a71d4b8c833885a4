package online.hypermesh.impl.consensus.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.api.storage.PrunableBlockStorage;
import online.hypermesh.impl.consensus.ExecutedBlock;
import online.hypermesh.impl.consensus.Finality;
import online.hypermesh.impl.consensus.PendingTransactions;
import online.hypermesh.impl.consensus.ProvenAnswer;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** What a node does with the blocks it stored when it starts again. Confined to the starting thread. */
final class ChainReplay {
    private final ConsensusConfig config;
    private final BlockTree tree;
    private final BlockStorage storage;
    private final PendingTransactions pending;
    private final FinalizedChain chain;
    private final EpochEnds epochEnds;
    private final Ancestry ancestry;
    private final Announcer announcer;
    private final Optional<SnapshotTaker> snapshots;

    ChainReplay(
            ConsensusConfig config,
            FinalizedChain chain,
            EpochEnds epochEnds,
            Ancestry ancestry,
            Announcer announcer,
            Optional<SnapshotTaker> snapshots) {
        this.config = config;
        this.tree = config.tree();
        this.storage = config.storage();
        this.pending = config.pending();
        this.chain = chain;
        this.epochEnds = epochEnds;
        this.ancestry = ancestry;
        this.announcer = announcer;
        this.snapshots = snapshots;
    }

    /**
     * The finality of the newest block, where it is known; CORRUPTED when a stored block is damaged or out of place.
     *
     * @param begun the state to begin with, unless that is the founding one
     */
    Optional<Finality> run(Optional<StateBase> begun) {
        Optional<Finality> newest = Optional.empty();
        FinalizedChain.@Nullable Entry last = null;
        BlockHeader base = tree.finalizedHead();
        chain.beginAfter(base.height());
        begun.ifPresent(b -> announcer.begins(base.height(), b.state().entries()));
        if (storage.height() < base.height()) {
            goOnAfter(base.height());
        } else if (storage.lowest() > base.height() + 1) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "The oldest block stored is that of height " + storage.lowest()
                            + ", and this node begins with height "
                            + base.height()
                            + ": no snapshot stands in for the blocks between. Delete blocks and snapshots"
                            + " to join again with a snapshot of the other validators");
        }
        long height = storage.height();
        for (long h = base.height() + 1; h <= height; h++) {
            long at = h;
            FinalizedBlock stored = storage.read(h).orElseThrow(() -> damaged(at, "it is missing"));
            Block block = stored.block();
            Verdict verdict = tree.checkCertified(block);
            if (block.header().height() != h || !verdict.accepted()) {
                throw damaged(h, verdict.toString());
            }
            Digest id = block.id();
            tree.add(block);
            tree.finalizeUpTo(id);
            if (block.header().isClosing()) {
                epochEnds.ended(block.header().epoch(), h, tree.validators());
            }
            ancestry.add(id);
            chain.append(
                    List.of(new ExecutedBlock(id, block, tree.outcomes(id), tree.receipts(id), tree.stateRoot(id))),
                    stored.certificate(),
                    stored.links(),
                    (of, descendant) -> Optional.empty());
            FinalizedChain.Entry entry = chain.entry(h).orElseThrow();
            last = entry;
            snapshots.ifPresent(s -> s.finalized(stored, id, () -> linksOf(stored)));
            announcer.replay(last);
            Digest named = stored.links().isEmpty()
                    ? id
                    : stored.links().get(stored.links().size() - 1).header().id();
            newest = Optional.of(new Finality(stored.certificate(), stored.links()))
                    .filter(f -> f.certificate().statement().blockId().equals(named));
        }
        if (newest.isPresent()) {
            Certificate certificate = newest.get().certificate();
            Verdict verdict = certificate.verify(
                    tree.network(),
                    tree.validators(certificate.statement().epoch())
                            .orElseThrow(() -> damaged(height, "its certificate is of another epoch")));
            if (!verdict.accepted()) {
                throw damaged(height, verdict.toString());
            }
        }
        if (last != null) {
            pending.finalized(List.of(last.block().block()), last.executed().id());
        }
        announcer.startAfter(last);
        return newest;
    }

    /** From the newest block of the tree to the header its certificate names; both are stored. */
    private List<Link> linksOf(FinalizedBlock newest) {
        BlockHeader header = newest.block().header();
        AncestorPaths paths = (height, descendant) -> config.snapshots()
                .flatMap(s -> s.tree().base(header.previous()))
                .map(parent -> {
                    List<Digest> ids = new ArrayList<>();
                    for (long h = height; h < descendant; h++) {
                        long at = h;
                        ids.add(storage.readHeader(h)
                                .orElseThrow(() -> damaged(at, "it is missing"))
                                .id());
                    }
                    return parent.frontier().path(ids);
                });
        return ProvenAnswer.prove(newest, new StoredChain(storage, paths)).links();
    }

    /** The snapshot is newer than the blocks: it was fetched from peers. */
    private void goOnAfter(long height) {
        if (!(storage instanceof PrunableBlockStorage prunable)) {
            throw new IllegalArgumentException("this storage holds blocks up to height " + storage.height()
                    + " and cannot go on after height " + height + "; give a PrunableBlockStorage");
        }
        prunable.goOnAfter(height);
    }

    private static HypermeshException damaged(long height, String why) {
        return new HypermeshException(
                Code.CORRUPTED,
                Retry.NEVER,
                "Stored block " + height + " does not hold: " + why
                        + ". Delete the block storage to fetch the chain again from the other validators");
    }
}
