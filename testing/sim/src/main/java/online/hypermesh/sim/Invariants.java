package online.hypermesh.sim;

import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.impl.consensus.EpochView;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.stoq.base.crypto.Digest;

/** What must hold whatever happens; sees everything that honest nodes do. Confined. */
final class Invariants {
    private static final int MAX_VIEWS = 4_000;
    private static final long MAX_SKEW_MILLIS = 1_000;

    private final Map<Long, Digest> finalizedByHeight = new HashMap<>();
    private final Map<Long, Block> finalBlocks = new HashMap<>();
    private final Map<EpochView, Digest> notarizedByView = new HashMap<>();
    private final Set<EpochView> nullified = new HashSet<>();
    private final Set<EpochView> finalizedViews = new HashSet<>();
    private final Map<Integer, Map<EpochView, Set<VoteStatement>>> sent = new HashMap<>();
    private long highest;
    private final SimSets sets;

    private final BitSet faulty;
    private final long maxClockErrorMillis;
    private final boolean inner;

    /**
     * @param sets the true validators of every epoch, whatever a broken node believes
     * @param faulty nodes that misbehave
     * @param maxClockErrorMillis of the network
     * @param inner whether to look inside, at votes, certificates and memory, and not only at what users notice
     */
    Invariants(SimSets sets, BitSet faulty, long maxClockErrorMillis, boolean inner) {
        this.sets = sets;
        this.faulty = faulty;
        this.maxClockErrorMillis = maxClockErrorMillis;
        this.inner = inner;
    }

    /** Whether to look inside. */
    boolean isInner() {
        return inner;
    }

    private static EpochView at(VoteStatement s) {
        return new EpochView(s.epoch(), s.view());
    }

    /**
     * An honest node hands a vote to the network.
     *
     * @param begun whether the block that ends the epoch before is final and durable at the node
     */
    void sent(int node, Vote vote, boolean durable, boolean begun) {
        if (!inner) {
            return;
        }
        if (!begun) {
            throw new SimFailure("EPOCHS_BEGIN_ON_FINAL_BLOCKS", "node " + node + " sent " + vote.statement());
        }
        if (sets.index(vote.statement().epoch(), node) != vote.validator()) {
            throw new SimFailure("ONLY_MEMBERS_VOTE", "node " + node + " sent " + vote);
        }
        if (!durable) {
            throw new SimFailure("DURABLE_BEFORE_SENT", "validator " + vote.validator() + " sent " + vote.statement());
        }
        Set<VoteStatement> inView = sent.computeIfAbsent(node, v -> new HashMap<>())
                .computeIfAbsent(at(vote.statement()), v -> new HashSet<>());
        if (inView.add(vote.statement())) {
            for (VoteStatement other : inView) {
                if (other.contradicts(vote.statement())) {
                    throw new SimFailure(
                            "NO_CONFLICTING_VOTES",
                            "validator " + vote.validator() + " signed " + other + " and " + vote.statement());
                }
            }
        }
    }

    /** An honest node is about to vote for a block: its parent and every view in between must have been decided. */
    void chosen(int validator, Block block) {
        if (!inner) {
            return;
        }
        BlockHeader h = block.header();
        for (long view = h.parentView() + 1; view < h.view(); view++) {
            if (!isPossible(new VoteStatement(VoteKind.NULLIFY, h.epoch(), view, Digest.ZERO))) {
                throw new SimFailure(
                        "VOTES_ARE_JUSTIFIED",
                        "validator " + validator + " skips view " + view + ", which nobody nullified, in view "
                                + h.view());
            }
        }
        if (h.parentView() > 0
                && !isPossible(new VoteStatement(VoteKind.NOTARIZE, h.epoch(), h.parentView(), h.previous()))) {
            throw new SimFailure(
                    "VOTES_ARE_JUSTIFIED",
                    "validator " + validator + " votes in view " + h.view() + " for a child of a block of view "
                            + h.parentView() + " that was not notarized");
        }
    }

    /** Whether the votes honest validators sent, with all that faulty ones may sign, are a quorum. */
    private boolean isPossible(VoteStatement statement) {
        ValidatorSet set = sets.set(statement.epoch());
        long stake = 0;
        for (int i = 0; i < set.size(); i++) {
            int node = sets.node(set, i);
            Set<VoteStatement> said = sent.getOrDefault(node, Map.of()).getOrDefault(at(statement), Set.of());
            stake += faulty.get(node) || said.contains(statement) ? set.get(i).stake() : 0;
        }
        return stake * 3 > set.totalStake() * 2;
    }

    /** An honest node without its log chose the view above which it votes again. */
    void rejoined(int validator, EpochView floor) {
        EpochView highest = inner
                ? sent.getOrDefault(validator, Map.of()).keySet().stream()
                        .filter(v -> v.epoch() == floor.epoch())
                        .reduce(EpochView.START, EpochView::max)
                : EpochView.START;
        if (floor.compareTo(highest) < 0) {
            throw new SimFailure(
                    "FLOOR_COVERS_VOTES",
                    "validator " + validator + " rejoins above view " + floor + ", but voted in view " + highest);
        }
    }

    /** A node comes back with what its log recovered. */
    void recovered(int validator, EpochView floor, List<Vote> votes) {
        if (!inner) {
            return;
        }
        Set<VoteStatement> remembered = new HashSet<>();
        votes.forEach(v -> remembered.add(v.statement()));
        sent.getOrDefault(validator, Map.of()).forEach((view, statements) -> {
            for (VoteStatement s : statements) {
                if (view.compareTo(floor) > 0 && !remembered.contains(s)) {
                    throw new SimFailure(
                            "SENT_VOTES_SURVIVE",
                            "validator " + validator + " lost its vote " + s + ", floor " + floor);
                }
            }
        });
    }

    /** A certificate that some honest node believes. */
    void certified(Certificate c) {
        if (!inner) {
            return;
        }
        VoteStatement s = c.statement();
        holds(c);
        if (s.kind() == VoteKind.NULLIFY) {
            nullified.add(at(s));
        } else {
            Digest other = notarizedByView.putIfAbsent(at(s), s.blockId());
            if (other != null && !other.equals(s.blockId())) {
                throw new SimFailure("ONE_NOTARIZED_BLOCK", "view " + s.view() + ": " + other + " and " + s.blockId());
            }
            if (s.kind() == VoteKind.FINALIZE) {
                finalizedViews.add(at(s));
            }
        }
        if (nullified.contains(at(s)) && finalizedViews.contains(at(s))) {
            throw new SimFailure("FINAL_XOR_NULL", "view " + s.view() + " is both final and nullified");
        }
    }

    private void holds(Certificate c) {
        ValidatorSet set = sets.set(c.statement().epoch());
        long stake = 0;
        int last = -1;
        for (Certificate.IndexedSignature v : c.votes()) {
            if (v.validator() <= last
                    || v.validator() >= set.size()
                    || !SimKeys.verifier(set).holds(v.validator(), c.statement(), v.signature())) {
                throw new SimFailure("CERTIFICATES_HOLD", c.statement() + ", signer " + v.validator());
            }
            last = v.validator();
            stake += set.get(last).stake();
        }
        long total = set.totalStake();
        if (stake * 3 <= total * 2) {
            throw new SimFailure("CERTIFICATES_HOLD", c.statement() + " has stake " + stake + " of " + total);
        }
    }

    /** What an honest node holds in memory. */
    void bounded(int node, SimplexCore.Footprint f, int early, int validators) {
        if (!inner) {
            return;
        }
        if (f.blocks() > 64
                || f.batches() > 64 * validators + 6 * 64
                || f.batchesWanted() > 6 * 64
                || f.unproven() > 256
                || early > 128
                || f.evidence() > 8 * validators
                || f.wanted() > f.views() + 1
                || f.views() > MAX_VIEWS) {
            throw new SimFailure("BOUNDED_MEMORY", "node " + node + ": " + f);
        }
    }

    /** An honest node considers a block final. */
    void finalized(int node, long height, Digest id) {
        Digest other = finalizedByHeight.putIfAbsent(height, id);
        if (other != null && !other.equals(id)) {
            throw new SimFailure("AGREEMENT", "height " + height + ": " + other + " and, at node " + node + ", " + id);
        }
        highest = Math.max(highest, height);
    }

    /** The block that an honest node considers final: valid, the same everywhere, and not from the future. */
    void finalized(int node, Block block, SimTree reference, long wallMillis) {
        if (!inner) {
            return;
        }
        long height = block.header().height();
        Block other = finalBlocks.get(height);
        if (other != null) {
            if (!other.equals(block)) {
                throw new SimFailure("SAME_BODIES", "node " + node + " has another body at height " + height);
            }
            return;
        }
        finalBlocks.put(height, block);
        Verdict verdict = reference.check(block);
        if (!verdict.accepted()) {
            throw new SimFailure("FINAL_BLOCKS_ARE_VALID", "node " + node + ", height " + height + ": " + verdict);
        }
        reference.add(block);
        reference.finalizeUpTo(block.id());
        if (block.header().timeMillis() > wallMillis + maxClockErrorMillis + MAX_SKEW_MILLIS) {
            throw new SimFailure(
                    "NO_FUTURE_TIMES",
                    "height " + height + " at " + block.header().timeMillis());
        }
    }

    long highest() {
        return highest;
    }
}
