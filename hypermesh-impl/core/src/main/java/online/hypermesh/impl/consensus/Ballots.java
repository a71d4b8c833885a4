package online.hypermesh.impl.consensus;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * Votes and certificates: counting those of others, casting own ones, and what follows from a certificate. Confined to the
 * core's thread.
 */
final class Ballots {
    /** Votes further ahead than this are dropped; the certificate that follows them makes this node jump. */
    static final int VOTES_AHEAD = 16;

    private final Turn turn;
    private final Seat seat;
    private final BlockTree tree;
    private final VoteVerifier verifier;
    private final ViewBook views;
    private final Pacemaker pacemaker;
    private final PeerBook peers;
    private final OwnVotes ownVotes;
    private final Positions positions;
    private final EvidencePool evidence;
    private final PartedProposals parted;

    Ballots(
            Turn turn,
            Seat seat,
            BlockTree tree,
            VoteVerifier verifier,
            ViewBook views,
            Pacemaker pacemaker,
            PeerBook peers,
            OwnVotes ownVotes,
            Positions positions,
            EvidencePool evidence,
            PartedProposals parted) {
        this.turn = turn;
        this.seat = seat;
        this.tree = tree;
        this.verifier = verifier;
        this.views = views;
        this.pacemaker = pacemaker;
        this.peers = peers;
        this.ownVotes = ownVotes;
        this.positions = positions;
        this.evidence = evidence;
        this.parted = parted;
    }

    // ---------------------------------------------------------------- from peers

    void onVote(int from, Vote vote) {
        VoteStatement st = vote.statement();
        if (st.epoch() < seat.epoch()) {
            positions.tell(seat.set().get(from).id());
        }
        if (vote.validator() != from
                || st.epoch() != seat.epoch()
                || (st.kind() == VoteKind.NULLIFY) != st.blockId().equals(Digest.ZERO)) {
            return;
        }
        peers.active(from, st.view());
        if (peers.isDistrusted(from, turn.now())) {
            return;
        }
        if (st.view() <= views.headView()) {
            if (st.kind() == VoteKind.NULLIFY || st.view() + 2 < pacemaker.view()) {
                positions.help(seat.set().get(from).id(), from, st.view());
            }
            return;
        }
        if (st.view() > pacemaker.view() + VOTES_AHEAD) {
            positions.askFor(from);
            return;
        }
        ViewState s = views.state(st.view());
        Vote held = s.vote(st.kind(), from);
        if (held != null && held.statement().equals(st)) {
            return;
        }
        Vote contradicting = s.contradicting(from, st);
        if (contradicting != null) {
            onContradiction(s, contradicting, vote);
        }
        if (s.vote(st.kind(), from) == null) {
            s.put(vote, false);
            peers.remember(vote);
            tally(s, st);
        }
    }

    /** Reports proven contradictions; a forged first vote does not keep a true second one out. */
    private void onContradiction(ViewState s, Vote first, Vote second) {
        boolean firstHolds =
                s.isVerified(first) || verifier.holds(first.validator(), first.statement(), first.signature());
        if (!firstHolds) {
            s.drop(first);
            peers.distrust(first.validator(), turn.now());
            return;
        }
        s.verified(first);
        if (s.isReported(first.validator())) {
            return;
        }
        if (verifier.holds(second.validator(), second.statement(), second.signature())) {
            s.report(first.validator());
            evidence.found(Equivocation.of(
                    first.validator(), first.statement(), first.signature(), second.statement(), second.signature()));
        } else {
            peers.distrust(second.validator(), turn.now());
        }
    }

    private void tally(ViewState s, VoteStatement statement) {
        if (s.certificate(statement.kind()) != null) {
            return;
        }
        Optional<Certificate> certificate =
                s.certify(statement, seat.set(), verifier, i -> peers.distrust(i, turn.now()));
        if (certificate.isPresent()) {
            adopt(certificate.get());
            if (statement.kind() == VoteKind.NULLIFY) {
                turn.broadcast(new Message.Certificates(List.of(certificate.get())));
            }
        }
    }

    void onCertificate(int from, Certificate c) {
        VoteStatement st = c.statement();
        if (st.epoch() != seat.epoch()
                || st.view() <= views.headView()
                || (st.kind() == VoteKind.NULLIFY) != st.blockId().equals(Digest.ZERO)) {
            return;
        }
        ViewState s = views.get(st.view());
        if ((s != null && s.certificate(st.kind()) != null) || peers.isDistrusted(from, turn.now())) {
            return;
        }
        if (!views.holds(c)) {
            peers.distrust(from, turn.now());
        } else {
            if (st.kind() == VoteKind.FINALIZE) {
                peers.claimsHeight(from, tree.finalizedHead().height() + 1);
            }
            adopt(c);
        }
    }

    /** A certificate that a peer shows as its way into its view; true if it holds. */
    boolean takeEntry(int from, Certificate entry) {
        if (peers.isDistrusted(from, turn.now())) {
            return false;
        }
        if (!views.holds(entry)) {
            peers.distrust(from, turn.now());
            return false;
        }
        onCertificate(from, entry);
        return true;
    }

    /** Takes in a certificate whose signatures hold: votes final if allowed, and leaves the view it ends. */
    void adopt(Certificate c) {
        VoteStatement st = c.statement();
        if (st.view() < views.headView()) {
            return;
        }
        ViewState s = views.state(st.view());
        if (s.certificate(st.kind()) != null) {
            return;
        }
        inspect(s, c);
        if (ViewBook.excludes(s, st)) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    "View " + st.view()
                            + " has two certificates that exclude each other: one third of the stake or more"
                            + " signs contradictions. Stop this network and compare the validators' evidence reports");
        }
        views.put(s, c);
        turn.advance();
        if (st.view() < pacemaker.view()) {
            return;
        }
        if (st.kind() == VoteKind.NOTARIZE && (seat.self() < 0 || s.vote(VoteKind.NULLIFY, seat.self()) == null)) {
            voteFinal(s, st.blockId());
        }
        if (st.kind() == VoteKind.NULLIFY
                && !pacemaker.isInactive(seat.leader(st.view()), seat.self(), peers, seat.set())) {
            pacemaker.slower();
        }
        enter(st.view() + 1);
    }

    /** Evidence against others, and own signatures that the log does not know. */
    private void inspect(ViewState s, Certificate c) {
        for (Certificate.IndexedSignature v : c.votes()) {
            if (v.validator() == seat.self()) {
                ownVotes.inspect(c.statement());
                continue;
            }
            Vote held = s.contradicting(v.validator(), c.statement());
            if (held != null) {
                onContradiction(s, held, new Vote(v.validator(), c.statement(), v.signature()));
            }
        }
    }

    private void enter(long newView) {
        long left = pacemaker.view();
        if (pacemaker.enter(newView, turn.now())) {
            views.leave(left, newView);
            turn.advance();
        }
    }

    // ---------------------------------------------------------------- own votes

    private void voteFinal(ViewState s, Digest id) {
        if (!ownVotes.may(s.view) || isLeftToChild(s, id)) {
            return;
        }
        ownVotes.persistEntry(s.view);
        say(s, new VoteStatement(VoteKind.FINALIZE, seat.epoch(), s.view, id));
    }

    /**
     * Whether to save the votes for the finality of a block with many transactions: its child, which certifies their outcomes
     * and without which nobody gets an answer, makes it final. Not voting FINALIZE is always safe.
     */
    private boolean isLeftToChild(ViewState s, Digest id) {
        Block block = s.proposal;
        return block != null
                && s.accepted
                && block.id().equals(id)
                && !block.header().isClosing()
                && !pacemaker.isInactive(seat.leader(s.view + 1), seat.self(), peers, seat.set())
                && Batching.mayLeave(
                        block.header().height(),
                        block.transactions().size(),
                        tree.finalizedHead().height());
    }

    void nullify() {
        ViewState s = views.state(pacemaker.view());
        if (seat.self() >= 0 && ownVotes.may(s.view) && s.vote(VoteKind.NULLIFY, seat.self()) == null) {
            say(s, new VoteStatement(VoteKind.NULLIFY, seat.epoch(), s.view, Digest.ZERO));
        }
    }

    /** Votes for a block; as its leader with the proposal that carries the vote. */
    boolean notarize(ViewState s, Block block, Digest id, @Nullable List<Certificate> asLeader) {
        if (!ownVotes.may(s.view)) {
            return false;
        }
        turn.persist(new VoteRecord.Kept(block));
        VoteStatement statement = new VoteStatement(VoteKind.NOTARIZE, seat.epoch(), s.view, id);
        Vote vote = ownVotes.cast(s, statement);
        if (vote == null) {
            return false;
        }
        turn.advance();
        if (asLeader == null) {
            turn.broadcast(new Message.Voted(vote));
        } else {
            parted.propose(block, vote, asLeader);
        }
        tally(s, statement);
        return true;
    }

    /** Casts a vote, sends it and counts it. */
    private void say(ViewState s, VoteStatement statement) {
        Vote vote = ownVotes.cast(s, statement);
        if (vote != null) {
            turn.broadcast(new Message.Voted(vote));
            tally(s, statement);
        }
    }
}
