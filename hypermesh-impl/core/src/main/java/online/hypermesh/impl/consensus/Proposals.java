package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** Making proposals, and judging those of other leaders. Confined to the core's thread. */
final class Proposals {
    /** Proposals further ahead than this are dropped. */
    static final int PROPOSALS_AHEAD = 4;

    /** With so many bytes waiting a leader proposes before the block before is final. */
    static final long GATHER_BYTES = 64 * 1024;

    private static final Digest EMPTY_ROOT = MerkleTree.root(List.of());

    private final Turn turn;
    private final Seat seat;
    private final NodeId proposer;
    private final Parameters parameters;
    private final BlockTree tree;
    private final PendingTransactions pending;
    private final ViewBook views;
    private final Pacemaker pacemaker;
    private final OwnVotes ownVotes;
    private final Ballots ballots;
    private final BlockShelf shelf;
    private final BlockIntake intake;
    private final EvidencePool evidence;
    private final Batching batching;
    private final PartedProposals parted;
    private @Nullable Digest votedFor;

    Proposals(
            Turn turn,
            Seat seat,
            SimplexCore.Settings settings,
            BlockTree tree,
            PendingTransactions pending,
            ViewBook views,
            Pacemaker pacemaker,
            OwnVotes ownVotes,
            Ballots ballots,
            BlockShelf shelf,
            BlockIntake intake,
            EvidencePool evidence,
            Batching batching,
            PartedProposals parted) {
        this.turn = turn;
        this.seat = seat;
        this.proposer = settings.self();
        this.parameters = settings.parameters();
        this.tree = tree;
        this.pending = pending;
        this.views = views;
        this.pacemaker = pacemaker;
        this.ownVotes = ownVotes;
        this.ballots = ballots;
        this.shelf = shelf;
        this.intake = intake;
        this.evidence = evidence;
        this.batching = batching;
        this.parted = parted;
    }

    /** A proposal with everything inline. */
    void onProposal(int from, Message.Proposal m) {
        if (parted.fitsInline(m.block())) {
            onWhole(from, m);
        }
    }

    /** A proposal that is whole, however it came. */
    void onWhole(int from, Message.Proposal m) {
        BlockHeader h = m.block().header();
        if (h.epoch() != seat.epoch()
                || h.view() <= views.headView()
                || h.view() > pacemaker.view() + PROPOSALS_AHEAD
                || seat.leader(h.view()) != from
                || !h.proposer().equals(seat.set().get(from).id())) {
            return;
        }
        ViewState s = views.state(h.view());
        Digest id = m.vote().statement().blockId();
        if (s.proposalId != null && s.proposalId.equals(id)) {
            return;
        }
        if (m.vote().validator() != from
                || m.vote().kind() != VoteKind.NOTARIZE
                || m.vote().view() != h.view()
                || !m.block().id().equals(id)) {
            return;
        }
        m.justification().forEach(c -> ballots.onCertificate(from, c));
        if (s.proposalId == null) {
            s.proposalId = id;
            if (h.view() >= pacemaker.view()) {
                s.proposal = m.block();
            }
            intake.keep(id, m.block());
        } else if (views.isNotarized(id) && BlockIntake.isWhole(m.block())) {
            intake.keep(id, m.block());
        }
        ballots.onVote(from, m.vote());
    }

    /** Votes for the current view's proposal, or against it, once that can be told. */
    void consider() {
        ViewState s = views.get(pacemaker.view());
        if (s == null || s.proposal == null || s.proposalId == null || s.refused) {
            return;
        }
        Block block = s.proposal;
        BlockHeader h = block.header();
        if (!s.accepted) {
            if (!views.isJustified(h) || !intake.ensureInTree(h.previous())) {
                return;
            }
            turn.advance();
            if (!tree.contains(s.proposalId) && !tree.check(block).accepted()) {
                s.refused = true;
                shelf.remove(s.proposalId);
                ballots.nullify();
                return;
            }
            s.accepted = true;
        }
        if (seat.isValidator()
                && s.vote(VoteKind.NULLIFY, seat.self()) == null
                && s.vote(VoteKind.NOTARIZE, seat.self()) == null
                && Math.abs(h.timeMillis() - turn.wall()) <= parameters.maxClockErrorMillis()) {
            notarize(s, block, s.proposalId, null);
        }
    }

    /** Proposes a block if this node leads and there is a reason. */
    void propose() {
        long view = pacemaker.view();
        if (!seat.leads(view) || !ownVotes.may(view)) {
            return;
        }
        ViewState existing = views.get(view);
        if (existing != null
                && (existing.proposalId != null
                        || existing.vote(VoteKind.NOTARIZE, seat.self()) != null
                        || existing.vote(VoteKind.NULLIFY, seat.self()) != null)) {
            return;
        }
        List<Certificate> justification = new ArrayList<>();
        Digest parentId = views.findParent(view, justification);
        if (parentId == null || !intake.ensureInTree(parentId)) {
            return;
        }
        BlockHeader parent = tree.header(parentId).orElseThrow();
        boolean trailing = parent.isClosing() && parent.epoch() == seat.epoch();
        boolean due = (!trailing && (needsChild(parent) || heartbeatDue(parent)))
                || (!parentId.equals(views.headId()) && pacemaker.graceHasPassed(turn.now()));
        List<BodyEntry> candidates = trailing || pending.isEmpty()
                ? List.of()
                : parted.fitting(pending.candidates(parameters.maxBlockBytes(), parentId));
        if (!due && candidates.isEmpty() && evidence.isEmpty()) {
            return;
        }
        if (gathers(parentId, due, candidates)) {
            return;
        }
        Block block =
                tree.assemble(parentId, seat.epoch(), view, proposer, turn.wall(), candidates, evidence.candidates());
        if (!due && block.entries().isEmpty() && block.evidence().isEmpty()) {
            return;
        }
        ViewState s = views.state(view);
        Digest id = block.id();
        s.proposal = block;
        s.proposalId = id;
        s.accepted = true;
        intake.keep(id, block);
        notarize(s, block, id, justification);
    }

    /**
     * Whether to let transactions gather: until the block before is final, unless that waits for its child; and while those
     * who just had a batch of answers are about to send more. A block without transactions, which certifies the one before,
     * does not wait.
     */
    private boolean gathers(Digest parentId, boolean due, List<BodyEntry> candidates) {
        if (candidates.isEmpty()) {
            return false;
        }
        if (parentId.equals(views.headId())) {
            int waiting = 0;
            for (BodyEntry e : candidates) {
                waiting += e.transactions().size();
            }
            return !due && batching.expectsMore(waiting, turn.now());
        }
        if (isLeft(parentId) || turn.now() >= pacemaker.gatheredNanos()) {
            return false;
        }
        long bytes = 0;
        for (BodyEntry e : candidates) {
            bytes += e.encodedLength();
        }
        return bytes < GATHER_BYTES;
    }

    /** Whether the finality of a notarized block waits for its child. */
    private boolean isLeft(Digest id) {
        return tree.block(id)
                .filter(b -> Batching.mayLeave(
                        b.header().height(),
                        b.transactions().size(),
                        tree.finalizedHead().height()))
                .isPresent();
    }

    private void notarize(ViewState s, Block block, Digest id, @Nullable List<Certificate> asLeader) {
        if (ballots.notarize(s, block, id, asLeader)) {
            votedFor = id;
        }
    }

    /** The block voted for last, once. */
    @Nullable
    Digest takeVotedFor() {
        Digest id = votedFor;
        votedFor = null;
        return id;
    }

    // ---------------------------------------------------------------- reasons to propose

    /** Whether a block needs a child to certify what came of it. */
    private static boolean needsChild(BlockHeader h) {
        return h.height() == 0
                || h.isClosing()
                || !h.transactionsRoot().equals(EMPTY_ROOT)
                || !h.evidenceRoot().equals(EMPTY_ROOT);
    }

    private boolean heartbeatDue(BlockHeader parent) {
        return turn.wall() - parent.timeMillis() >= parameters.heartbeatMillis();
    }

    /** Whether there is a reason for a block on the finalized head, or a notarized block that is not final. */
    boolean areDue() {
        BlockHeader head = tree.finalizedHead();
        return !pending.isEmpty()
                || !evidence.isEmpty()
                || views.hasOpenNotarization()
                || needsChild(head)
                || heartbeatDue(head);
    }

    /** Sends this leader's proposal again. */
    void rebroadcast(Block proposal, Vote vote) {
        List<Certificate> justification = new ArrayList<>();
        views.findParent(vote.view(), justification);
        parted.propose(proposal, vote, justification);
    }
}
