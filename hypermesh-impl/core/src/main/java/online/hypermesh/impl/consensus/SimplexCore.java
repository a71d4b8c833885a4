package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Stake-weighted Simplex for one epoch, as a pure function of time and events. Two rules make it safe: at most one notarize
 * vote per view, and never both a finalize and a nullify vote in one view. Everything else is about going on.
 *
 * <p>A view ends with a certificate: a quorum notarized a block, or a quorum nullified the view. A block is final when a
 * quorum that saw it notarized, and had not given up on its view, says so. See {@code docs/spec/consensus.md}.
 *
 * <p>An idle network is silent but for positions: timers run and leaders propose only while there is work. Confined to one
 * thread; performs no I/O, reads no clock.
 */
public final class SimplexCore {
    private static final long NEVER = Long.MAX_VALUE;
    private static final long MILLI = 1_000_000L;
    private static final Digest EMPTY_ROOT = MerkleTree.root(List.of());

    /** Votes further ahead than this are dropped; the certificate that follows them makes this node jump. */
    private static final int VOTES_AHEAD = 16;
    /** Proposals further ahead than this are dropped. */
    private static final int PROPOSALS_AHEAD = 4;

    private static final long BODY_BURST_BYTES = 16L << 20;
    private static final long BODY_BYTES_PER_SECOND = 8L << 20;
    private static final int MAX_OWN_TRANSACTIONS = 4096;
    private static final int GOSSIP_BYTES = 256 * 1024;
    private static final int MAX_BACKOFF = 16;
    private static final long IDLE_POSITION_NANOS = 2_000 * MILLI;

    /**
     * What a core is made for.
     *
     * @param self this node
     * @param parameters constants of the network
     * @param mode what the validator's memory is worth; FRESH for nodes that do not vote
     * @param incarnation random number of this start, at least 0
     */
    public record Settings(NodeId self, Parameters parameters, StartMode mode, long incarnation) {}

    /**
     * What a core holds in memory at a moment; every figure is bounded whatever peers send.
     *
     * @param views views of which votes, certificates or proposals are held
     * @param blocks blocks that wait for their place in the tree
     * @param blockBytes about how many bytes they have
     * @param wanted bodies asked for
     * @param unproven blocks of a catch-up answer that nothing proves yet
     * @param ownTransactions transactions submitted here that are sent again
     */
    public record Footprint(int views, int blocks, long blockBytes, int wanted, int unproven, int ownTransactions) {}

    private enum Signing {
        OBSERVING,
        CHECKING,
        REJOINING,
        SIGNING,
        STOPPED
    }

    private final Settings settings;
    private final BlockTree tree;
    private final PendingTransactions pending;
    private final @Nullable VoteSigner signer;
    private final VoteVerifier verifier;
    private final ValidatorSet set;
    private final LeaderSchedule schedule;
    private final PeerBook peers;
    private final int self;
    private final long epoch;
    private final long baseTimeoutNanos;
    private final long rebroadcastNanos;
    private final Certificate[] recoveredEntries;

    private final TreeMap<Long, ViewState> views = new TreeMap<>();
    private final BlockShelf shelf;
    private final CatchUp catchUp;
    private final PeerBudget bodyBudget;
    private final Set<Transaction> ownTransactions = new LinkedHashSet<>();
    private @Nullable Digest toExecute;

    private Signing signing;
    private String stopReason = "";
    private long floor;
    private long highestOwnView;
    private long persistedEntryView;
    private final BitSet answered = new BitSet();
    private long provenView = 1;

    private long view = 1;
    private long viewStartNanos;
    private long armedNanos = NEVER;
    private int backoff = 1;
    private Digest headId;
    private long headView;
    private @Nullable Certificate headCertificate;
    private long highestNotarized;

    private long lastPositionNanos;
    private long lastRebroadcastNanos;
    private long lastQueryNanos;
    private int wantCursor;

    private long now;
    private long wall;
    private boolean advanced;
    private List<Action> out = new ArrayList<>();

    /**
     * Creates a core; {@link #start} comes next.
     *
     * @param settings what it is made for
     * @param tree blocks, up to the finalized head this node remembers
     * @param pending transactions that wait
     * @param signer signs this validator's votes and remembers those of the log; empty for a node that does not vote
     * @param verifier checks votes
     * @param recovered what the vote log remembers
     * @param headCertificate finality of the tree's finalized head, unless that is the genesis block
     */
    public SimplexCore(
            Settings settings,
            BlockTree tree,
            PendingTransactions pending,
            Optional<VoteSigner> signer,
            VoteVerifier verifier,
            Recovered recovered,
            Optional<Certificate> headCertificate) {
        this.settings = settings;
        this.tree = tree;
        this.pending = pending;
        this.verifier = verifier;
        this.set = tree.validators();
        this.schedule = new LeaderSchedule(set);
        this.self = set.indexOf(settings.self()).orElse(-1);
        this.signer = self < 0 ? null : signer.orElse(null);
        this.epoch = tree.finalizedHead().epoch();
        this.baseTimeoutNanos = settings.parameters().leaderTimeoutMillis() * MILLI;
        this.rebroadcastNanos = Math.max(20 * MILLI, Math.min(1_000 * MILLI, baseTimeoutNanos / 2));
        this.peers = new PeerBook(set.size(), rebroadcastNanos / 2);
        this.shelf = new BlockShelf(rebroadcastNanos);
        this.catchUp = new CatchUp(peers, self);
        this.bodyBudget = new PeerBudget(set, BODY_BURST_BYTES, BODY_BYTES_PER_SECOND);
        this.headView = tree.finalizedHead().view();
        this.headId = tree.finalizedHead().id();
        this.headCertificate = headCertificate.orElse(null);
        this.view = headView + 1;
        this.recoveredEntries = recovered.entries().toArray(Certificate[]::new);
        this.signing = this.signer == null
                ? Signing.OBSERVING
                : switch (settings.mode()) {
                    case FRESH -> Signing.SIGNING;
                    case CHECK_LOG -> Signing.CHECKING;
                    case REJOIN -> Signing.REJOINING;
                };
        recover(recovered);
    }

    private void recover(Recovered recovered) {
        floor = recovered.floor();
        if (signer != null && floor > 0) {
            signer.refuseUpTo(floor);
        }
        for (Block block : recovered.blocks()) {
            if (block.header().view() > headView) {
                Digest id = block.id();
                shelf.put(id, block);
                if (set.get(schedule.leader(block.header().view()))
                        .id()
                        .equals(block.header().proposer())) {
                    ViewState s = state(block.header().view());
                    s.proposal = block;
                    s.proposalId = id;
                }
            }
        }
        for (Vote vote : recovered.votes()) {
            highestOwnView = Math.max(highestOwnView, vote.view());
            view = Math.max(view, vote.view());
            if (vote.validator() == self && vote.view() >= headView) {
                state(vote.view()).put(vote, true);
                peers.remember(vote);
            }
        }
    }

    /**
     * Begins.
     *
     * @param nowNanos the driver's time, never decreasing
     * @param wallMillis milliseconds since 1970
     * @return what to do
     */
    public List<Action> start(long nowNanos, long wallMillis) {
        begin(nowNanos, wallMillis);
        viewStartNanos = now;
        lastPositionNanos = now;
        lastRebroadcastNanos = now;
        lastQueryNanos = now;
        peers.start(view, now);
        if (headCertificate != null) {
            state(headCertificate.statement().view()).put(headCertificate);
        }
        for (Certificate entry : recoveredEntries) {
            persistedEntryView = Math.max(persistedEntryView, entry.statement().view());
            adopt(entry);
        }
        concludeStart();
        if (signing == Signing.CHECKING || signing == Signing.REJOINING) {
            query();
        }
        sendPosition();
        progress();
        return end();
    }

    /**
     * Something happened.
     *
     * @param nowNanos the driver's time, never decreasing
     * @param wallMillis milliseconds since 1970
     * @param event what
     * @return what to do, in order
     */
    public List<Action> on(long nowNanos, long wallMillis, Event event) {
        begin(nowNanos, wallMillis);
        if (event instanceof Event.Received e) {
            received(e.from(), e.message());
        } else if (event instanceof Event.Tick) {
            tick();
        } else if (event instanceof Event.Taken e) {
            taken(e);
        } else if (event instanceof Event.CaughtUp e) {
            caughtUp(e);
        } else if (event instanceof Event.CatchUpFailed e) {
            catchUp.failed(set.indexOf(e.peer()).orElse(-1), now);
        }
        progress();
        return end();
    }

    /**
     * Executes what was voted for, so that this need not happen while the next message waits. Call it after the actions
     * were performed; leaving it out changes nothing but latency.
     */
    public void settle() {
        Digest id = toExecute;
        toExecute = null;
        if (id != null) {
            Block block = shelf.get(id);
            if (block != null && tree.contains(block.header().previous())) {
                tree.add(block);
                shelf.remove(id);
            }
        }
    }

    /**
     * When {@link Event.Tick} is wanted at the latest.
     *
     * @return the driver's time
     */
    public long nextDeadlineNanos() {
        long next = Math.min(viewDeadline(), lastPositionNanos + IDLE_POSITION_NANOS);
        if (signing == Signing.CHECKING || signing == Signing.REJOINING) {
            next = Math.min(next, lastQueryNanos + rebroadcastNanos);
        }
        if (hasWork() || !shelf.wanted().isEmpty()) {
            next = Math.min(next, rebroadcastDue());
            next = Math.min(next, now + graceNanos());
        } else {
            long due = tree.finalizedHead().timeMillis() + settings.parameters().heartbeatMillis();
            next = Math.min(next, now + Math.max(1, due - wall) * MILLI);
        }
        return Math.min(next, catchUp.deadlineNanos());
    }

    /**
     * What is held in memory now.
     *
     * @return a snapshot
     */
    public Footprint footprint() {
        return new Footprint(
                views.size(),
                shelf.size(),
                shelf.bytes(),
                shelf.wanted().size(),
                catchUp.unproven(),
                ownTransactions.size());
    }

    /**
     * Stops signing for good.
     *
     * @param reason for people
     */
    public void stopSigning(String reason) {
        if (signer != null && signing != Signing.STOPPED) {
            signing = Signing.STOPPED;
            stopReason = reason;
            signer.stop(reason);
            out.add(new Action.SigningChanged(signingState()));
        }
    }

    /**
     * The current view.
     *
     * @return at least 1
     */
    public long view() {
        return view;
    }

    /**
     * The epoch.
     *
     * @return that of the finalized head
     */
    public long epoch() {
        return epoch;
    }

    /**
     * This validator votes only above this view.
     *
     * @return 0 when it votes everywhere
     */
    public long floor() {
        return floor;
    }

    /**
     * Finality of the newest finalized block.
     *
     * @return empty at the genesis block
     */
    public Optional<Certificate> headCertificate() {
        return Optional.ofNullable(headCertificate);
    }

    /**
     * Validators heard from lately, this one included.
     *
     * @param nowNanos the driver's time
     * @return a count
     */
    public int peersReachable(long nowNanos) {
        return peers.heardSince(nowNanos - 3 * IDLE_POSITION_NANOS, self) + (self >= 0 ? 1 : 0);
    }

    /**
     * Whether this node signs, and if not why.
     *
     * @return for people
     */
    public String signingState() {
        return switch (signing) {
            case OBSERVING -> "observing: this node is not a validator of the epoch";
            case CHECKING ->
                "checking: waiting for a quorum to show votes of this validator, " + answered.cardinality() + " of "
                        + (set.size() - 1) + " answered";
            case REJOINING ->
                "rejoining without a vote log: waiting for more than two thirds of the stake, " + answered.cardinality()
                        + " of " + (set.size() - 1) + " answered";
            case SIGNING -> view > floor ? "signing" : "rejoining: signs again above view " + floor;
            case STOPPED -> stopReason;
        };
    }

    // ---------------------------------------------------------------- events

    private void begin(long nowNanos, long wallMillis) {
        now = nowNanos;
        wall = wallMillis;
    }

    private List<Action> end() {
        List<Action> actions = out;
        out = new ArrayList<>();
        return actions;
    }

    private void received(NodeId from, Message message) {
        int index = set.indexOf(from).orElse(-1);
        if (index == self && self >= 0) {
            return;
        }
        if (index >= 0) {
            peers.heard(index, now);
        }
        if (message instanceof Message.Position m) {
            onPosition(from, index, m);
        } else if (message instanceof Message.BlockWanted m) {
            onBlockWanted(from, m.id());
        } else if (index < 0) {
            return;
        } else if (message instanceof Message.Proposal m) {
            onProposal(index, m);
        } else if (message instanceof Message.Voted m) {
            onVote(index, m.vote());
        } else if (message instanceof Message.Certificates m) {
            m.certificates().forEach(c -> onCertificate(index, c));
        } else if (message instanceof Message.BlockFound m) {
            onBlockFound(m.block());
        } else if (message instanceof Message.VotesWanted m) {
            onVotesWanted(index, m);
        } else if (message instanceof Message.VotesHeld m) {
            onVotesHeld(index, m);
        }
    }

    private void tick() {
        if ((signing == Signing.CHECKING || signing == Signing.REJOINING) && now - lastQueryNanos >= rebroadcastNanos) {
            query();
        }
        boolean stuck = hasWork() || !shelf.wanted().isEmpty();
        if (stuck && now >= rebroadcastDue()) {
            rebroadcast();
        } else if (now - lastPositionNanos >= IDLE_POSITION_NANOS) {
            sendPosition();
        }
    }

    private void taken(Event.Taken e) {
        if (e.own()) {
            for (Transaction t : e.transactions()) {
                if (ownTransactions.size() < MAX_OWN_TRANSACTIONS) {
                    ownTransactions.add(t);
                }
            }
            if (self < 0 || leader(view) != self || !proposeNow()) {
                gossip(e.transactions());
            }
        }
    }

    /** Tells the others in messages of bounded size. */
    private void gossip(List<Transaction> transactions) {
        List<Transaction> batch = new ArrayList<>();
        int bytes = 0;
        for (Transaction t : transactions) {
            int length = t.encode().length;
            if (!batch.isEmpty() && (bytes + length > GOSSIP_BYTES || batch.size() == Message.MAX_TRANSACTIONS)) {
                out.add(new Action.Broadcast(new Message.Gossip(batch)));
                batch.clear();
                bytes = 0;
            }
            batch.add(t);
            bytes += length;
        }
        if (!batch.isEmpty()) {
            out.add(new Action.Broadcast(new Message.Gossip(batch)));
        }
    }

    private boolean proposeNow() {
        long before = highestOwnView;
        propose();
        return highestOwnView != before;
    }

    // ---------------------------------------------------------------- proposals and votes

    private void onProposal(int from, Message.Proposal m) {
        BlockHeader h = m.block().header();
        if (h.epoch() != epoch
                || h.view() <= headView
                || h.view() > view + PROPOSALS_AHEAD
                || leader(h.view()) != from
                || !h.proposer().equals(set.get(from).id())) {
            return;
        }
        ViewState s = state(h.view());
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
        m.justification().forEach(c -> onCertificate(from, c));
        if (s.proposalId == null) {
            s.proposalId = id;
            if (h.view() >= view) {
                s.proposal = m.block();
            }
            keepBody(id, m.block());
        } else if (isStillWanted(id) && isWhole(m.block())) {
            keepBody(id, m.block());
        }
        onVote(from, m.vote());
    }

    private void onVote(int from, Vote vote) {
        VoteStatement st = vote.statement();
        if (vote.validator() != from
                || st.epoch() != epoch
                || (st.kind() == VoteKind.NULLIFY) != st.blockId().equals(Digest.ZERO)) {
            return;
        }
        peers.active(from, st.view());
        if (peers.isDistrusted(from, now)) {
            return;
        }
        if (st.view() <= headView) {
            if (st.kind() == VoteKind.NULLIFY || st.view() + 2 < view) {
                help(set.get(from).id(), from, st.view(), st.view());
            }
            return;
        }
        if (st.view() > view + VOTES_AHEAD) {
            askFor(from);
            return;
        }
        ViewState s = state(st.view());
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
            peers.distrust(first.validator(), now);
            return;
        }
        s.verified(first);
        if (s.isReported(first.validator())) {
            return;
        }
        if (verifier.holds(second.validator(), second.statement(), second.signature())) {
            s.report(first.validator());
            out.add(new Action.Report(Equivocation.of(
                    first.validator(), first.statement(), first.signature(), second.statement(), second.signature())));
        } else {
            peers.distrust(second.validator(), now);
        }
    }

    private void tally(ViewState s, VoteStatement statement) {
        if (s.certificate(statement.kind()) != null) {
            return;
        }
        Optional<Certificate> certificate = s.certify(statement, set, verifier, i -> peers.distrust(i, now));
        if (certificate.isPresent()) {
            adopt(certificate.get());
            if (statement.kind() == VoteKind.NULLIFY) {
                out.add(new Action.Broadcast(new Message.Certificates(List.of(certificate.get()))));
            }
        }
    }

    private void onCertificate(int from, Certificate c) {
        VoteStatement st = c.statement();
        if (st.epoch() != epoch
                || st.view() <= headView
                || (st.kind() == VoteKind.NULLIFY) != st.blockId().equals(Digest.ZERO)) {
            return;
        }
        ViewState s = views.get(st.view());
        if ((s != null && s.certificate(st.kind()) != null) || peers.isDistrusted(from, now)) {
            return;
        }
        if (!holds(c, s)) {
            peers.distrust(from, now);
        } else {
            if (st.kind() == VoteKind.FINALIZE) {
                peers.claimsHeight(from, finalizedHeight() + 1);
            }
            adopt(c);
        }
    }

    /** Like {@link Certificate#verify}, but asks only for signatures that were not verified before. */
    private boolean holds(Certificate c, @Nullable ViewState s) {
        long stake = 0;
        int last = -1;
        for (Certificate.IndexedSignature v : c.votes()) {
            if (v.validator() <= last || v.validator() >= set.size()) {
                return false;
            }
            last = v.validator();
            stake += set.get(last).stake();
        }
        if (!set.isQuorum(stake)) {
            return false;
        }
        for (Certificate.IndexedSignature v : c.votes()) {
            Vote vote = new Vote(v.validator(), c.statement(), v.signature());
            if ((s == null || !s.isVerified(vote)) && !verifier.holds(v.validator(), c.statement(), v.signature())) {
                return false;
            }
        }
        return true;
    }

    /** Takes in a certificate whose signatures hold: votes final if allowed, and leaves the view it ends. */
    private void adopt(Certificate c) {
        VoteStatement st = c.statement();
        if (st.view() < headView) {
            return;
        }
        ViewState s = state(st.view());
        if (s.certificate(st.kind()) != null) {
            return;
        }
        inspect(s, c);
        Optional<Certificate> notarized = s.notarization();
        boolean broken = st.kind() == VoteKind.NULLIFY
                ? s.certificate(VoteKind.FINALIZE) != null
                : notarized.isPresent()
                                && !notarized.get().statement().blockId().equals(st.blockId())
                        || (st.kind() == VoteKind.FINALIZE && s.nullified());
        if (broken) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    "View " + st.view()
                            + " has two certificates that exclude each other: one third of the stake or more"
                            + " signs contradictions. Stop this network and compare the validators' evidence reports");
        }
        s.put(c);
        advanced = true;
        if (st.kind() != VoteKind.NULLIFY) {
            highestNotarized = Math.max(highestNotarized, st.view());
        }
        if (st.view() < view) {
            return;
        }
        if (st.kind() == VoteKind.NOTARIZE && (self < 0 || s.vote(VoteKind.NULLIFY, self) == null)) {
            voteFinal(s, st.blockId());
        }
        if (st.kind() == VoteKind.NULLIFY && !isInactive(leader(st.view()))) {
            backoff = Math.min(MAX_BACKOFF, backoff * 2);
        }
        enter(st.view() + 1);
    }

    private void voteFinal(ViewState s, Digest id) {
        if (!maySign(s.view)) {
            return;
        }
        VoteStatement statement = new VoteStatement(VoteKind.FINALIZE, epoch, s.view, id);
        persistEntry(s.view);
        Vote vote = cast(s, statement);
        if (vote != null) {
            out.add(new Action.Broadcast(new Message.Voted(vote)));
            tally(s, statement);
        }
    }

    private void enter(long newView) {
        if (newView <= view) {
            return;
        }
        views.subMap(view, newView).values().forEach(s -> s.proposal = null);
        view = newView;
        viewStartNanos = now;
        armedNanos = NEVER;
        advanced = true;
    }

    private void considerProposal() {
        ViewState s = views.get(view);
        if (s == null || s.proposal == null || s.proposalId == null || s.refused) {
            return;
        }
        Block block = s.proposal;
        BlockHeader h = block.header();
        if (!s.accepted) {
            if (!isJustified(h) || !ensureInTree(h.previous())) {
                return;
            }
            advanced = true;
            if (!tree.contains(s.proposalId) && !tree.check(block).accepted()) {
                s.refused = true;
                shelf.remove(s.proposalId);
                nullify();
                return;
            }
            s.accepted = true;
        }
        if (self >= 0
                && s.vote(VoteKind.NULLIFY, self) == null
                && s.vote(VoteKind.NOTARIZE, self) == null
                && Math.abs(h.timeMillis() - wall) <= settings.parameters().maxClockErrorMillis()) {
            castNotarize(s, block, s.proposalId, false);
        }
    }

    /** Whether the parent is notarized and every view in between is nullified. */
    private boolean isJustified(BlockHeader h) {
        long p = h.parentView();
        if (p < headView || p >= h.view()) {
            return false;
        }
        for (long v = p + 1; v < h.view(); v++) {
            ViewState s = views.get(v);
            if (s == null || !s.nullified()) {
                return false;
            }
        }
        if (p == headView) {
            return h.previous().equals(headId);
        }
        ViewState s = views.get(p);
        return s != null
                && s.notarization()
                        .filter(c -> c.statement().blockId().equals(h.previous()))
                        .isPresent();
    }

    private void propose() {
        if (self < 0 || leader(view) != self || !maySign(view)) {
            return;
        }
        ViewState existing = views.get(view);
        if (existing != null
                && (existing.proposalId != null
                        || existing.vote(VoteKind.NOTARIZE, self) != null
                        || existing.vote(VoteKind.NULLIFY, self) != null)) {
            return;
        }
        List<Certificate> justification = new ArrayList<>();
        Digest parentId = findParent(justification);
        if (parentId == null || !ensureInTree(parentId)) {
            return;
        }
        BlockHeader parent = header(parentId);
        boolean certify = needsChild(parent);
        boolean heartbeat = heartbeatDue(parent);
        boolean stuckTip = !parentId.equals(headId) && now - viewStartNanos >= graceNanos();
        List<Transaction> candidates = pending.isEmpty()
                ? List.of()
                : pending.candidates(settings.parameters().maxBlockBytes(), parentId);
        if (!certify && !heartbeat && !stuckTip && candidates.isEmpty()) {
            return;
        }
        Block block = tree.assemble(parentId, epoch, view, settings.self(), wall, candidates);
        if (block.transactions().isEmpty() && !certify && !heartbeat && !stuckTip) {
            return;
        }
        ViewState s = state(view);
        Digest id = block.id();
        s.proposal = block;
        s.proposalId = id;
        s.accepted = true;
        keepBody(id, block);
        advanced = true;
        Vote vote = castNotarize(s, block, id, true);
        if (vote != null) {
            out.add(new Action.Broadcast(new Message.Proposal(block, vote, justification)));
            tally(s, vote.statement());
        }
    }

    /** The highest notarized view below this one with only nullified views in between. */
    private @Nullable Digest findParent(List<Certificate> justification) {
        for (long v = view - 1; v > headView; v--) {
            ViewState s = views.get(v);
            if (s == null) {
                return null;
            }
            Optional<Certificate> notarization = s.notarization();
            if (notarization.isPresent()) {
                justification.add(0, notarization.get());
                return notarization.get().statement().blockId();
            }
            Certificate nullification = s.certificate(VoteKind.NULLIFY);
            if (nullification == null) {
                return null;
            }
            if (justification.size() < Message.MAX_CERTIFICATES - 1) {
                justification.add(nullification);
            }
        }
        if (headCertificate != null) {
            justification.add(0, headCertificate);
        }
        return headId;
    }

    private @Nullable Vote castNotarize(ViewState s, Block block, Digest id, boolean asLeader) {
        if (!maySign(s.view)) {
            return null;
        }
        out.add(new Action.Persist(new VoteRecord.Kept(block)));
        VoteStatement statement = new VoteStatement(VoteKind.NOTARIZE, epoch, s.view, id);
        Vote vote = cast(s, statement);
        if (vote != null) {
            advanced = true;
            toExecute = id;
            if (!asLeader) {
                out.add(new Action.Broadcast(new Message.Voted(vote)));
                tally(s, statement);
            }
        }
        return vote;
    }

    private void nullify() {
        ViewState s = state(view);
        if (self < 0 || !maySign(view) || s.vote(VoteKind.NULLIFY, self) != null) {
            return;
        }
        VoteStatement statement = new VoteStatement(VoteKind.NULLIFY, epoch, view, Digest.ZERO);
        Vote vote = cast(s, statement);
        if (vote != null) {
            out.add(new Action.Broadcast(new Message.Voted(vote)));
            tally(s, statement);
        }
    }

    /** Signs, remembers and counts an own vote; sending it is the caller's next action. */
    private @Nullable Vote cast(ViewState s, VoteStatement statement) {
        if (signer == null || !maySign(statement.view())) {
            return null;
        }
        Signature signature;
        try {
            signature = signer.sign(statement);
        } catch (HypermeshException refusal) {
            stopSigning(String.valueOf(refusal.getMessage()));
            return null;
        }
        persistEntry(statement.view() - 1);
        Vote vote = new Vote(self, statement, signature);
        out.add(new Action.Persist(new VoteRecord.Cast(vote)));
        highestOwnView = Math.max(highestOwnView, statement.view());
        s.put(vote, true);
        peers.remember(vote);
        return vote;
    }

    private boolean maySign(long v) {
        return signing == Signing.SIGNING && v > floor;
    }

    private void persistEntry(long v) {
        if (v <= persistedEntryView || signing != Signing.SIGNING) {
            return;
        }
        ViewState s = views.get(v);
        if (s != null) {
            s.exit().ifPresent(c -> {
                out.add(new Action.Persist(new VoteRecord.Entry(c)));
                persistedEntryView = v;
            });
        }
    }

    // ---------------------------------------------------------------- own votes seen elsewhere

    /** Evidence against others, and own signatures that the log does not know. */
    private void inspect(ViewState s, Certificate c) {
        for (Certificate.IndexedSignature v : c.votes()) {
            if (v.validator() == self) {
                inspectOwn(c.statement());
                continue;
            }
            Vote held = s.contradicting(v.validator(), c.statement());
            if (held != null) {
                onContradiction(s, held, new Vote(v.validator(), c.statement(), v.signature()));
            }
        }
    }

    private void inspectOwn(VoteStatement statement) {
        if (signer == null || self < 0 || statement.view() <= floor || statement.view() < headView) {
            return;
        }
        if (signing == Signing.REJOINING) {
            provenView = Math.max(provenView, statement.view());
            return;
        }
        ViewState s = views.get(statement.view());
        Vote own = s == null ? null : s.vote(statement.kind(), self);
        boolean known = own != null && own.statement().equals(statement);
        if (!known && (statement.view() > headView || statement.view() > highestOwnView)) {
            stopSigning("stopped: peers hold a " + statement.kind() + " vote of this validator in view "
                    + statement.view() + " that its vote log does not know, so the log was rolled back or the key is in"
                    + " use elsewhere. To rejoin, stop the node, make sure that no other node uses the key, delete the"
                    + " vote log and start the node again");
        }
    }

    private void query() {
        lastQueryNanos = now;
        out.add(new Action.Broadcast(new Message.VotesWanted(settings.incarnation())));
    }

    private void onVotesWanted(int from, Message.VotesWanted m) {
        if (!peers.mayShowVotes(from, now)) {
            return;
        }
        boolean reliable = signing == Signing.SIGNING && view > floor;
        Optional<Certificate> entry = Optional.empty();
        if (view > 1) {
            ViewState s = views.get(view - 1);
            entry = s == null ? Optional.empty() : s.exit();
            reliable &= entry.isPresent();
        }
        out.add(new Action.Send(
                set.get(from).id(),
                new Message.VotesHeld(m.incarnation(), peers.newestVotes(from), view, reliable, entry)));
        if (signing == Signing.CHECKING && !answered.get(from)) {
            // Whoever asks has just started and may have missed this validator's own question.
            out.add(new Action.Send(set.get(from).id(), new Message.VotesWanted(settings.incarnation())));
        }
    }

    private void onVotesHeld(int from, Message.VotesHeld m) {
        if (m.incarnation() != settings.incarnation()
                || (signing != Signing.CHECKING && signing != Signing.REJOINING)) {
            return;
        }
        for (Vote vote : m.votes()) {
            if (vote.validator() == self
                    && vote.statement().epoch() == epoch
                    && verifier.holds(self, vote.statement(), vote.signature())) {
                inspectOwn(vote.statement());
            }
        }
        if (signing == Signing.REJOINING) {
            if (!m.reliable() || !isProven(from, m)) {
                return;
            }
            provenView = Math.max(provenView, m.view());
        }
        answered.set(from);
        concludeStart();
    }

    private boolean isProven(int from, Message.VotesHeld m) {
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
        if (known == null || !known.statement().equals(st)) {
            if (peers.isDistrusted(from, now)) {
                return false;
            }
            if (!holds(entry, s)) {
                peers.distrust(from, now);
                return false;
            }
            onCertificate(from, entry);
        }
        return true;
    }

    private void concludeStart() {
        if (self < 0) {
            return;
        }
        long stake = set.stakeOf(answered);
        if (signing == Signing.CHECKING && set.isQuorum(stake + set.get(self).stake())) {
            signing = Signing.SIGNING;
            armedNanos = NEVER;
            out.add(new Action.SigningChanged(signingState()));
        } else if (signing == Signing.REJOINING && set.isQuorum(stake)) {
            floor = provenView + 1;
            if (signer != null) {
                signer.refuseUpTo(floor);
            }
            signing = Signing.SIGNING;
            out.add(new Action.Persist(new VoteRecord.Floor(floor)));
            out.add(new Action.SigningChanged(signingState()));
        }
    }

    // ---------------------------------------------------------------- blocks and finality

    private void progress() {
        do {
            advanced = false;
            finalizeNewest();
            considerProposal();
            propose();
            rearm();
            if (now >= viewDeadline()) {
                nullify();
            }
        } while (advanced);
        startCatchUp();
    }

    private void finalizeNewest() {
        for (ViewState s : views.descendingMap().values()) {
            if (s.view <= headView) {
                return;
            }
            Certificate c = s.certificate(VoteKind.FINALIZE);
            if (c != null) {
                if (ensureInTree(c.statement().blockId())) {
                    commit(c);
                }
                return;
            }
        }
    }

    private void commit(Certificate c) {
        List<Digest> chain = new ArrayList<>();
        for (Digest id = c.statement().blockId();
                !id.equals(headId);
                id = header(id).previous()) {
            chain.add(0, id);
        }
        List<ExecutedBlock> executed = new ArrayList<>(chain.size());
        for (Digest id : chain) {
            for (Block block : tree.finalizeUpTo(id)) {
                executed.add(new ExecutedBlock(id, block, tree.outcomes(id), tree.stateRoot(id)));
                block.transactions().forEach(ownTransactions::remove);
            }
        }
        headId = c.statement().blockId();
        headView = c.statement().view();
        headCertificate = c;
        pending.finalized(executed.stream().map(ExecutedBlock::block).toList(), headId);
        views.headMap(headView, false).clear();
        shelf.forget(headView, this::isStillWanted);
        backoff = 1;
        catchUp.reached(finalizedHeight());
        advanced = true;
        out.add(new Action.Finalized(executed, c));
    }

    private boolean isStillWanted(Digest id) {
        return views.tailMap(headView, false).values().stream()
                .anyMatch(s -> s.notarization()
                        .filter(c -> c.statement().blockId().equals(id))
                        .isPresent());
    }

    /** Brings a certified block and its ancestors into the tree, or asks for what is missing. */
    private boolean ensureInTree(Digest id) {
        List<Block> missing = new ArrayList<>();
        Digest at = id;
        while (!tree.contains(at)) {
            Block block = shelf.get(at);
            if (block == null) {
                want(at);
                return false;
            }
            if (block.header().height() <= finalizedHeight() || missing.size() > BlockShelf.MAX_BLOCKS) {
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
    private boolean addCertified(Block block) {
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

    private BlockHeader header(Digest id) {
        return tree.header(id).orElseThrow(() -> new IllegalStateException("block " + id + " left the tree"));
    }

    /** Whether a block carries the transactions that its header, and so its id, speaks of; its sender may lie. */
    private static boolean isWhole(Block block) {
        return Block.transactionsRoot(block.transactions())
                .equals(block.header().transactionsRoot());
    }

    private void keepBody(Digest id, Block block) {
        if (!tree.contains(id)) {
            shelf.put(id, block);
        }
        shelf.found(id);
        advanced = true;
    }

    private void want(Digest id) {
        if (!shelf.want(id, now)) {
            return;
        }
        for (int tries = 0; tries < set.size(); tries++) {
            wantCursor = (wantCursor + 1) % set.size();
            if (wantCursor != self) {
                out.add(new Action.Send(set.get(wantCursor).id(), new Message.BlockWanted(id)));
                return;
            }
        }
    }

    private void onBlockWanted(NodeId from, Digest id) {
        if (!bodyBudget.allows(from, now)) {
            return;
        }
        Block block = shelf.get(id);
        if (block == null) {
            block = tree.block(id).orElse(null);
        }
        if (block != null) {
            bodyBudget.spend(from, BlockShelf.sizeBytes(block), now);
            out.add(new Action.Send(from, new Message.BlockFound(block)));
        }
    }

    private void onBlockFound(Block block) {
        Digest id = block.id();
        if (shelf.isWanted(id) && isWhole(block)) {
            keepBody(id, block);
        }
    }

    private void startCatchUp() {
        CatchUp.Request request = catchUp.next(now, finalizedHeight(), isBodyMissing());
        if (request != null) {
            out.add(new Action.CatchUp(set.get(request.peer()).id(), request.fromHeight()));
        }
    }

    /** Whether a view is known to be final whose block is not here. */
    private boolean isBodyMissing() {
        for (ViewState s : views.tailMap(headView, false).values()) {
            if (s.certificate(VoteKind.FINALIZE) != null) {
                return true;
            }
        }
        return false;
    }

    private void caughtUp(Event.CaughtUp e) {
        int peer = set.indexOf(e.peer()).orElse(-1);
        long before = finalizedHeight();
        int unprovenBefore = catchUp.unproven();
        List<CatchUp.Chain> chains = catchUp.take(e.blocks(), tree.finalizedHead());
        boolean sound = catchUp.isSound();
        for (CatchUp.Chain chain : chains) {
            if (!finalizeChain(chain)) {
                sound = false;
                break;
            }
        }
        if (!sound) {
            catchUp.lied(peer, now);
        } else if (finalizedHeight() == before && catchUp.unproven() <= unprovenBefore) {
            catchUp.failed(peer, now);
        } else {
            catchUp.helped(now);
        }
    }

    /** Finalizes blocks whose certificate holds; nothing of them enters the tree when it does not. */
    private boolean finalizeChain(CatchUp.Chain chain) {
        VoteStatement st = chain.certificate().statement();
        if (st.view() <= headView || st.epoch() != epoch || !holds(chain.certificate(), views.get(st.view()))) {
            return false;
        }
        for (Block block : chain.blocks()) {
            if (!addCertified(block)) {
                return false;
            }
        }
        adopt(chain.certificate());
        commit(chain.certificate());
        return true;
    }

    // ---------------------------------------------------------------- time and work

    private ViewState state(long v) {
        return views.computeIfAbsent(v, k -> new ViewState(k, set.size()));
    }

    private int leader(long v) {
        return schedule.leader(v);
    }

    private long finalizedHeight() {
        return tree.finalizedHead().height();
    }

    private long timeoutNanos() {
        return baseTimeoutNanos * backoff;
    }

    private long graceNanos() {
        return Math.max(MILLI, baseTimeoutNanos / 4);
    }

    /** Whether a block needs a child to certify what came of it. */
    private static boolean needsChild(BlockHeader h) {
        return h.height() == 0 || !h.transactionsRoot().equals(EMPTY_ROOT);
    }

    private boolean heartbeatDue(BlockHeader parent) {
        return wall - parent.timeMillis() >= settings.parameters().heartbeatMillis();
    }

    private boolean hasWork() {
        BlockHeader head = tree.finalizedHead();
        if (!pending.isEmpty() || highestNotarized > headView || needsChild(head) || heartbeatDue(head)) {
            return true;
        }
        ViewState s = views.get(view);
        if (s == null) {
            return false;
        }
        if (s.proposal != null || (self >= 0 && s.vote(VoteKind.NULLIFY, self) != null)) {
            return true;
        }
        long gaveUp = s.stakeFor(new VoteStatement(VoteKind.NULLIFY, epoch, view, Digest.ZERO), set);
        return gaveUp > set.totalStake() / 3;
    }

    private void rearm() {
        if (!hasWork()) {
            armedNanos = NEVER;
        } else if (armedNanos == NEVER) {
            armedNanos = now;
        }
    }

    private long viewDeadline() {
        if (armedNanos == NEVER || self < 0 || !maySign(view)) {
            return NEVER;
        }
        ViewState s = views.get(view);
        if (s != null && s.vote(VoteKind.NULLIFY, self) != null) {
            return NEVER;
        }
        if (s != null && s.accepted) {
            return armedNanos + timeoutNanos() + timeoutNanos() / 2;
        }
        if ((s == null || s.proposal == null) && isInactive(leader(view))) {
            return armedNanos;
        }
        return armedNanos + timeoutNanos();
    }

    /** Whether a leader voted in none of the last views while a quorum did. */
    private boolean isInactive(int leader) {
        if (leader == self || peers.isActive(leader, view)) {
            return false;
        }
        long stake = 0;
        for (int i = 0; i < set.size(); i++) {
            if (i == self || peers.isActive(i, view)) {
                stake += set.get(i).stake();
            }
        }
        return set.isQuorum(stake);
    }

    // ---------------------------------------------------------------- recovery from loss

    private void sendPosition() {
        lastPositionNanos = now;
        out.add(new Action.Broadcast(position()));
    }

    private Message.Position position() {
        return new Message.Position(view, finalizedHeight(), lacksFrom());
    }

    /** Lowest view without a certificate above the newest notarized one; the current view if there is none. */
    private long lacksFrom() {
        long v = Math.max(headView, highestNotarized) + 1;
        while (v < view) {
            ViewState s = views.get(v);
            if (s == null || s.exit().isEmpty()) {
                return v;
            }
            v++;
        }
        return view;
    }

    private long rebroadcastDue() {
        return (armedNanos == NEVER ? lastRebroadcastNanos : Math.max(lastRebroadcastNanos, armedNanos))
                + rebroadcastNanos;
    }

    private void rebroadcast() {
        lastRebroadcastNanos = now;
        sendPosition();
        if (self >= 0 && signing == Signing.SIGNING) {
            for (ViewState s : views.tailMap(headView, false).values()) {
                rebroadcastVotes(s);
            }
        }
        rebroadcastTransactions();
        shelf.wanted().forEach(this::want);
    }

    /** Sends stored votes again; nothing is ever signed here. */
    private void rebroadcastVotes(ViewState s) {
        Vote notarize = s.vote(VoteKind.NOTARIZE, self);
        Vote nullify = s.vote(VoteKind.NULLIFY, self);
        Vote last = s.vote(VoteKind.FINALIZE, self);
        if (s.view == view && notarize != null) {
            if (s.proposal != null && s.proposalId != null && leader(view) == self) {
                List<Certificate> justification = new ArrayList<>();
                findParent(justification);
                out.add(new Action.Broadcast(new Message.Proposal(s.proposal, notarize, justification)));
            } else {
                out.add(new Action.Broadcast(new Message.Voted(notarize)));
            }
        }
        if (s.view == view && nullify != null) {
            out.add(new Action.Broadcast(new Message.Voted(nullify)));
        }
        if (last != null && s.certificate(VoteKind.FINALIZE) == null && s.view + VOTES_AHEAD > view) {
            out.add(new Action.Broadcast(new Message.Voted(last)));
        }
    }

    private void rebroadcastTransactions() {
        List<Transaction> again = new ArrayList<>();
        List<Transaction> gone = new ArrayList<>();
        int bytes = 0;
        for (Transaction t : ownTransactions) {
            if (!pending.contains(t.id())) {
                gone.add(t);
                continue;
            }
            bytes += t.encode().length;
            if (bytes > GOSSIP_BYTES && !again.isEmpty()) {
                break;
            }
            again.add(t);
        }
        gone.forEach(ownTransactions::remove);
        if (!again.isEmpty()) {
            out.add(new Action.Broadcast(new Message.Gossip(again)));
        }
    }

    private void askFor(int from) {
        if (peers.mayAsk(from, now)) {
            out.add(new Action.Send(set.get(from).id(), position()));
        }
    }

    private void onPosition(NodeId from, int index, Message.Position m) {
        if (index >= 0) {
            peers.claimsHeight(index, m.finalizedHeight());
            if (m.view() > view) {
                askFor(index);
            }
        }
        if (m.finalizedHeight() < finalizedHeight() || m.lacksFrom() < view) {
            help(from, index, m.lacksFrom(), m.view());
        }
    }

    /** Sends a peer what it lacks to reach this node's view. */
    private void help(NodeId to, int index, long lacksFrom, long itsView) {
        if (!peers.mayAnswer(to, now)) {
            return;
        }
        out.add(new Action.Send(to, position()));
        if (index < 0) {
            return;
        }
        List<Certificate> certificates = new ArrayList<>();
        if (headCertificate != null) {
            certificates.add(headCertificate);
        }
        for (ViewState s : views.tailMap(Math.max(headView + 1, Math.min(lacksFrom, itsView)), true)
                .values()) {
            for (Certificate c : s.certificates()) {
                if (certificates.size() < Message.MAX_CERTIFICATES) {
                    certificates.add(c);
                }
            }
        }
        if (!certificates.isEmpty()) {
            out.add(new Action.Send(to, new Message.Certificates(certificates)));
        }
    }
}
