package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.genesis.ProtocolVersions;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.AvailabilityCertificate;
import online.hypermesh.impl.consensus.AvailabilityVerifier;
import online.hypermesh.impl.consensus.Batch;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** What must hold of the batches that one honest node promised to hold, and of those that blocks it votes for name. Confined. */
final class HeldBatches {
    private static final int MAX_OF_MAKER = 64;

    private final Simulation sim;
    private final SimSets sets;
    private final int node;
    private final int maxInlineBytes;
    private final boolean inner;
    private final Map<Digest, Batch> durable = new HashMap<>();
    private final List<Batch> written = new ArrayList<>();
    private final Set<Digest> whole = new HashSet<>();

    /**
     * @param sets the true validators of every epoch
     * @param inner whether to look at all
     */
    HeldBatches(Simulation sim, SimSets sets, int node, int maxInlineBytes, boolean inner) {
        this.sim = sim;
        this.sets = sets;
        this.node = node;
        this.maxInlineBytes = maxInlineBytes;
        this.inner = inner;
    }

    private void fail(boolean broken, String invariant, Object what) {
        if (broken && inner) {
            throw new SimFailure(invariant, "node " + node + ": " + what);
        }
    }

    // ---------------------------------------------------------------- holding

    /** A batch is in the vote log, not durable yet. */
    void written(Batch batch, @Nullable SimTree tree) {
        written.add(batch);
        fail(tree != null && isOver(batch, tree), "NOTHING_IS_HELD_FOR_NOTHING", batch.statement());
        long ofMaker = durable.values().stream()
                .filter(b -> b.maker() == batch.maker() && b.epoch() == batch.epoch())
                .count();
        fail(ofMaker >= MAX_OF_MAKER, "BATCHES_ARE_BOUNDED", "more than " + MAX_OF_MAKER + " of " + batch.maker());
    }

    void flushed() {
        written.forEach(b -> durable.put(b.id(), b));
        written.clear();
    }

    /** The node comes back with what its log recovered. */
    void recovered(List<Batch> batches, long epoch) {
        written.clear();
        Set<Digest> ids = new HashSet<>();
        batches.forEach(b -> ids.add(b.id()));
        for (Batch b : durable.values()) {
            fail(b.epoch() >= epoch && !ids.contains(b.id()), "PROMISES_SURVIVE", "lost " + b.statement());
        }
        durable.clear();
        batches.forEach(b -> durable.put(b.id(), b));
    }

    void wiped() {
        durable.clear();
        written.clear();
    }

    /** It forgets batches: nothing in them may still become final. */
    void letGo(List<Digest> ids, @Nullable SimTree tree) {
        flushedUnless(ids);
        for (Digest id : ids) {
            Batch batch = durable.remove(id);
            fail(
                    batch != null && tree != null && !isOver(batch, tree),
                    "HELD_UNTIL_FINAL",
                    "let go of " + id.toShortHex());
        }
    }

    /** What was written and let go before it was durable need not be remembered. */
    private void flushedUnless(List<Digest> ids) {
        written.removeIf(b -> ids.contains(b.id()));
    }

    private static boolean isOver(Batch batch, SimTree tree) {
        return batch.entries().stream().allMatch(tree::spent);
    }

    /** Somebody asked for a batch. */
    void answered(NodeId from, Digest id, List<Action> actions, @Nullable SimTree tree) {
        Batch batch = durable.get(id);
        if (batch == null || tree == null || batch.epoch() != tree.epoch() || isOver(batch, tree)) {
            return;
        }
        boolean sent = actions.stream()
                .anyMatch(a -> a instanceof Action.Send s
                        && s.to().equals(from)
                        && s.message() instanceof Message.BatchOffered o
                        && o.batch().id().equals(id));
        fail(!sent, "PROMISES_ARE_KEPT", "did not show " + batch.statement());
    }

    // ---------------------------------------------------------------- saying

    /** It says something of batches. */
    void sent(Message.OfBatches message, long epoch) {
        fail(sets.protocolVersion(epoch) < ProtocolVersions.BATCHES, "BATCHES_ARE_IN_FORCE", message.getClass());
        if (message instanceof Message.BatchPromised m) {
            fail(!durable.containsKey(m.statement().batchId()), "DURABLE_BEFORE_PROMISED", m.statement());
        } else if (message instanceof Message.BatchCertified m) {
            sim.count("batch-certified");
            fail(!holds(m.certificate()), "BATCH_CERTIFICATES_HOLD", m.certificate());
        } else if (message instanceof Message.PartedProposal m) {
            sim.count("batches-referred-to");
            whole.add(m.vote().statement().blockId());
            m.parts().batches().forEach(c -> fail(!holds(c), "BATCH_CERTIFICATES_HOLD", c));
        } else if (message instanceof Message.BatchWanted) {
            sim.count("batch-asked-for");
        }
    }

    /** It hears something; blocks whose content is known to be available are remembered. */
    void arrived(Message message) {
        if (message instanceof Message.Proposal m && fits(m.block())) {
            whole.add(m.block().id());
        } else if (message instanceof Message.BlockFound m) {
            whole.add(m.block().id());
        } else if (message instanceof Message.PartedProposal m
                && m.parts().batches().stream()
                        .allMatch(c ->
                                c.statement().epoch() == m.vote().statement().epoch() && holds(c))) {
            whole.add(m.header().id());
        }
    }

    private boolean fits(Block block) {
        return sets.protocolVersion(block.header().epoch()) < ProtocolVersions.BATCHES
                || block.entries().size() <= 1
                || block.entries().stream().mapToLong(BodyEntry::encodedLength).sum() <= maxInlineBytes;
    }

    /** It votes for a block: as leader, or because the block came with all it needs. */
    void voted(Vote vote) {
        fail(
                vote.kind() == VoteKind.NOTARIZE
                        && !whole.contains(vote.statement().blockId()),
                "BLOCKS_ARE_AVAILABLE",
                "voted for " + vote.statement() + " and nobody need have what is in it");
    }

    /** Its own proposal, whole. */
    void proposed(Block block) {
        whole.add(block.id());
        fail(!fits(block), "INLINE_IS_BOUNDED", block.header().view());
    }

    private boolean holds(AvailabilityCertificate certificate) {
        ValidatorSet set = sets.set(certificate.statement().epoch());
        AvailabilityVerifier verifier = SimKeys.promises(set);
        long stake = 0;
        int last = -1;
        for (Certificate.IndexedSignature s : certificate.signatures()) {
            if (s.validator() <= last
                    || s.validator() >= set.size()
                    || !verifier.holds(s.validator(), certificate.statement(), s.signature())) {
                return false;
            }
            last = s.validator();
            stake += set.get(last).stake();
        }
        return stake * 3 > set.totalStake() * 2;
    }
}
