package online.hypermesh.sim;

import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.stoq.base.crypto.Digest;

/** What must hold whatever happens; sees everything that honest nodes do. Confined. */
final class Invariants {
    private static final int MAX_VIEWS = 4_000;
    private static final long MAX_SKEW_MILLIS = 1_000;

    private final Map<Long, Digest> finalizedByHeight = new HashMap<>();
    private final Map<Long, Block> finalBlocks = new HashMap<>();
    private final Map<Long, Digest> notarizedByView = new HashMap<>();
    private final Set<Long> nullified = new HashSet<>();
    private final Set<Long> finalizedViews = new HashSet<>();
    private final Map<Integer, Map<Long, Set<VoteStatement>>> sent = new HashMap<>();
    private final Map<Integer, Long> highestFinalized = new HashMap<>();
    private final long[] stakes;

    private final BitSet faulty;
    private final long maxClockErrorMillis;
    private final boolean inner;

    /**
     * @param stakes the true stake of every validator, whatever a broken node believes
     * @param faulty validators that misbehave
     * @param maxClockErrorMillis of the network
     * @param inner whether to look inside, at votes, certificates and memory, and not only at what users notice
     */
    Invariants(long[] stakes, BitSet faulty, long maxClockErrorMillis, boolean inner) {
        this.stakes = stakes.clone();
        this.faulty = faulty;
        this.maxClockErrorMillis = maxClockErrorMillis;
        this.inner = inner;
    }

    /** An honest node hands a vote to the network. */
    void sent(Vote vote, boolean durable) {
        if (!inner) {
            return;
        }
        if (!durable) {
            throw new SimFailure("DURABLE_BEFORE_SENT", "validator " + vote.validator() + " sent " + vote.statement());
        }
        Set<VoteStatement> inView = sent.computeIfAbsent(vote.validator(), v -> new HashMap<>())
                .computeIfAbsent(vote.view(), v -> new HashSet<>());
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
        long stake = 0;
        long total = 0;
        for (int i = 0; i < stakes.length; i++) {
            total += stakes[i];
            Set<VoteStatement> said = sent.getOrDefault(i, Map.of()).getOrDefault(statement.view(), Set.of());
            stake += faulty.get(i) || said.contains(statement) ? stakes[i] : 0;
        }
        return stake * 3 > total * 2;
    }

    /** An honest node without its log chose the view above which it votes again. */
    void rejoined(int validator, long floor) {
        long highest = inner
                ? sent.getOrDefault(validator, Map.of()).keySet().stream()
                        .mapToLong(v -> v)
                        .max()
                        .orElse(0)
                : 0;
        if (floor < highest) {
            throw new SimFailure(
                    "FLOOR_COVERS_VOTES",
                    "validator " + validator + " rejoins above view " + floor + ", but voted in view " + highest);
        }
    }

    /** A node comes back with what its log recovered. */
    void recovered(int validator, long floor, List<Vote> votes) {
        if (!inner) {
            return;
        }
        Set<VoteStatement> remembered = new HashSet<>();
        votes.forEach(v -> remembered.add(v.statement()));
        sent.getOrDefault(validator, Map.of()).forEach((view, statements) -> {
            for (VoteStatement s : statements) {
                if (view > floor && !remembered.contains(s)) {
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
            nullified.add(s.view());
        } else {
            Digest other = notarizedByView.putIfAbsent(s.view(), s.blockId());
            if (other != null && !other.equals(s.blockId())) {
                throw new SimFailure("ONE_NOTARIZED_BLOCK", "view " + s.view() + ": " + other + " and " + s.blockId());
            }
            if (s.kind() == VoteKind.FINALIZE) {
                finalizedViews.add(s.view());
            }
        }
        if (nullified.contains(s.view()) && finalizedViews.contains(s.view())) {
            throw new SimFailure("FINAL_XOR_NULL", "view " + s.view() + " is both final and nullified");
        }
    }

    private void holds(Certificate c) {
        long stake = 0;
        long total = 0;
        for (long each : stakes) {
            total += each;
        }
        int last = -1;
        for (Certificate.IndexedSignature v : c.votes()) {
            if (v.validator() <= last
                    || v.validator() >= stakes.length
                    || !SimKeys.verifier().holds(v.validator(), c.statement(), v.signature())) {
                throw new SimFailure("CERTIFICATES_HOLD", c.statement() + ", signer " + v.validator());
            }
            last = v.validator();
            stake += stakes[last];
        }
        if (stake * 3 <= total * 2) {
            throw new SimFailure("CERTIFICATES_HOLD", c.statement() + " has stake " + stake + " of " + total);
        }
    }

    /** What an honest node holds in memory. */
    void bounded(int node, SimplexCore.Footprint f, int validators) {
        if (!inner) {
            return;
        }
        if (f.blocks() > 64
                || f.unproven() > 256
                || f.evidence() > 4 * validators
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
        highestFinalized.merge(node, height, Math::max);
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
        return finalizedByHeight.keySet().stream().mapToLong(h -> h).max().orElse(0);
    }
}
