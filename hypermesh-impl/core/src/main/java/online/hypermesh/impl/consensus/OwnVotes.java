package online.hypermesh.impl.consensus;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Signature;
import org.jspecify.annotations.Nullable;

/**
 * This validator's own votes: whether it may cast any, what it cast, and what others know of it. It starts signing only when a
 * quorum showed nothing that its memory lacks, and stops for good when somebody does. Confined to the core's thread.
 */
final class OwnVotes {
    private enum State {
        OBSERVING,
        CHECKING,
        REJOINING,
        SIGNING,
        STOPPED
    }

    /** Decides whether a certificate holds, and takes it in if it does. */
    @FunctionalInterface
    interface CertificateIntake {
        boolean take(int from, Certificate certificate);
    }

    private final Turn turn;
    private final ValidatorSet set;
    private final int self;
    private final long epoch;
    private final long incarnation;
    private final @Nullable VoteSigner signer;
    private final ViewBook views;
    private final PeerBook peers;
    private final BitSet answered = new BitSet();
    private State state;
    private String stopReason = "";
    private long floor;
    private long highestView;
    private long persistedEntryView;
    private long provenView = 1;
    private long lastQueryNanos;

    OwnVotes(
            Turn turn,
            Seat seat,
            SimplexCore.Settings settings,
            @Nullable VoteSigner signer,
            ViewBook views,
            PeerBook peers) {
        this.turn = turn;
        this.set = seat.set();
        this.self = seat.self();
        this.epoch = seat.epoch();
        this.incarnation = settings.incarnation();
        this.signer = signer;
        this.views = views;
        this.peers = peers;
        this.state = signer == null
                ? State.OBSERVING
                : switch (settings.mode()) {
                    case FRESH -> State.SIGNING;
                    case CHECK_LOG -> State.CHECKING;
                    case REJOIN -> State.REJOINING;
                };
    }

    void recover(Recovered recovered) {
        floor = recovered.floor().view();
        if (signer != null && floor > 0) {
            signer.refuseUpTo(recovered.floor());
        }
        for (Vote vote : recovered.votes()) {
            highestView = Math.max(highestView, vote.view());
            if (vote.validator() == self && vote.view() >= views.headView()) {
                views.state(vote.view()).put(vote, true);
                peers.remember(vote);
            }
        }
        for (Certificate entry : recovered.entries()) {
            persistedEntryView = Math.max(persistedEntryView, entry.statement().view());
        }
    }

    // ---------------------------------------------------------------- state

    void stop(String reason) {
        if (signer != null && state != State.STOPPED) {
            state = State.STOPPED;
            stopReason = reason;
            signer.stop(reason);
            turn.add(new Action.SigningChanged(reason));
        }
    }

    long floor() {
        return floor;
    }

    boolean isSigning() {
        return state == State.SIGNING;
    }

    boolean may(long view) {
        return state == State.SIGNING && view > floor;
    }

    String describe(long view) {
        return switch (state) {
            case OBSERVING ->
                self < 0
                        ? "observing: this node is not a validator of the epoch"
                        : "observing: this node does not vote, or has not the voting key that the epoch's set names";
            case CHECKING ->
                "checking: waiting for a quorum to show votes of this validator, " + answered.cardinality() + " of "
                        + (set.size() - 1) + " answered";
            case REJOINING ->
                "rejoining without a vote log: waiting for more than two thirds of the stake, " + answered.cardinality()
                        + " of " + (set.size() - 1) + " answered";
            case SIGNING ->
                view > floor
                        ? "signing"
                        : floor == Long.MAX_VALUE
                                ? "rejoining: its vote log speaks of a later epoch, in which it signs again"
                                : "rejoining: signs again above view " + floor;
            case STOPPED -> stopReason;
        };
    }

    // ---------------------------------------------------------------- casting

    /** The highest view voted in. */
    long highestView() {
        return highestView;
    }

    /** Signs, makes durable, remembers and counts a vote; sending it is the caller's next action. */
    @Nullable
    Vote cast(ViewState s, VoteStatement statement) {
        if (signer == null || !may(statement.view())) {
            return null;
        }
        Signature signature;
        try {
            signature = signer.sign(statement);
        } catch (HypermeshException refusal) {
            stop(String.valueOf(refusal.getMessage()));
            return null;
        }
        persistEntry(statement.view() - 1);
        Vote vote = new Vote(self, statement, signature);
        turn.persist(new VoteRecord.Cast(vote));
        highestView = Math.max(highestView, statement.view());
        s.put(vote, true);
        peers.remember(vote);
        return vote;
    }

    /** Makes the certificate durable with which the view after one is entered. */
    void persistEntry(long view) {
        if (view <= persistedEntryView || state != State.SIGNING) {
            return;
        }
        ViewState s = views.get(view);
        if (s != null) {
            s.exit().ifPresent(c -> {
                turn.persist(new VoteRecord.Entry(c));
                persistedEntryView = view;
            });
        }
    }

    // ---------------------------------------------------------------- own votes seen elsewhere

    /** A statement under this validator's signature that came from outside. */
    void inspect(VoteStatement statement) {
        if (signer == null || self < 0 || statement.view() <= floor || statement.view() < views.headView()) {
            return;
        }
        if (state == State.REJOINING) {
            provenView = Math.max(provenView, statement.view());
            return;
        }
        ViewState s = views.get(statement.view());
        Vote own = s == null ? null : s.vote(statement.kind(), self);
        boolean known = own != null && own.statement().equals(statement);
        if (!known && (statement.view() > views.headView() || statement.view() > highestView)) {
            stop("stopped: peers hold a " + statement.kind() + " vote of this validator in view " + statement.view()
                    + " that its vote log does not know, so the log was rolled back or the key is in use elsewhere. To"
                    + " rejoin, stop the node, make sure that no other node uses the key, delete the vote log and start"
                    + " the node again");
        }
    }

    // ---------------------------------------------------------------- asking at the start

    void start(long now) {
        lastQueryNanos = now;
    }

    boolean isAsking() {
        return state == State.CHECKING || state == State.REJOINING;
    }

    boolean isStopped() {
        return state == State.STOPPED;
    }

    long lastQueryNanos() {
        return lastQueryNanos;
    }

    void query() {
        lastQueryNanos = turn.now();
        turn.broadcast(new Message.VotesWanted(epoch, incarnation));
    }

    void onWanted(int from, Message.VotesWanted m, long view) {
        if (!peers.mayShowVotes(from, turn.now())) {
            return;
        }
        boolean reliable = state == State.SIGNING && view > floor;
        Optional<Certificate> entry = Optional.empty();
        if (view > 1) {
            ViewState s = views.get(view - 1);
            entry = s == null ? Optional.empty() : s.exit();
            reliable &= entry.isPresent();
        }
        List<Vote> newest = peers.newestVotes(from);
        turn.send(set.get(from).id(), new Message.VotesHeld(epoch, m.incarnation(), newest, view, reliable, entry));
        if (state == State.CHECKING && !answered.get(from)) {
            // Whoever asks has just started and may have missed this validator's own question.
            turn.send(set.get(from).id(), new Message.VotesWanted(epoch, incarnation));
        }
    }

    void onHeld(int from, Message.VotesHeld m, VoteVerifier verifier, CertificateIntake certificates) {
        if (m.epoch() != epoch || m.incarnation() != incarnation || !isAsking()) {
            return;
        }
        for (Vote vote : m.votes()) {
            if (vote.validator() == self
                    && vote.statement().epoch() == epoch
                    && verifier.holds(self, vote.statement(), vote.signature())) {
                inspect(vote.statement());
            }
        }
        if (state == State.REJOINING) {
            if (!m.reliable() || !isProven(from, m, certificates)) {
                return;
            }
            provenView = Math.max(provenView, m.view());
        }
        answered.set(from);
    }

    private boolean isProven(int from, Message.VotesHeld m, CertificateIntake certificates) {
        if (m.view() <= 1) {
            return true;
        }
        if (m.entry().isEmpty()) {
            return false;
        }
        Certificate entry = m.entry().get();
        VoteStatement st = entry.statement();
        if (st.epoch() != epoch || st.view() != m.view() - 1) {
            return false;
        }
        ViewState s = views.get(st.view());
        Certificate known = s == null ? null : s.certificate(st.kind());
        return (known != null && known.statement().equals(st)) || certificates.take(from, entry);
    }

    /** Begins to sign if enough validators answered. */
    void conclude(Pacemaker pacemaker) {
        if (self < 0) {
            return;
        }
        long stake = set.stakeOf(answered);
        if (state == State.CHECKING && set.isQuorum(stake + set.get(self).stake())) {
            state = State.SIGNING;
            pacemaker.disarm();
            turn.add(new Action.SigningChanged(describe(pacemaker.view())));
        } else if (state == State.REJOINING && set.isQuorum(stake)) {
            floor = provenView + 1;
            if (signer != null) {
                signer.refuseUpTo(new EpochView(epoch, floor));
            }
            state = State.SIGNING;
            turn.persist(new VoteRecord.Floor(new EpochView(epoch, floor)));
            turn.add(new Action.SigningChanged(describe(pacemaker.view())));
        }
    }
}
