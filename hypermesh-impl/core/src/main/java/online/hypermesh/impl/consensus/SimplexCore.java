package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.genesis.ProtocolVersions;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Stake-weighted Simplex for one epoch, up to the finality of the block that ends it, as a pure function of time and events. Two rules make it safe: at most one notarize
 * vote per view, and never both a finalize and a nullify vote in one view. Everything else is about going on.
 *
 * <p>A view ends with a certificate: a quorum notarized a block, or a quorum nullified the view. A block is final when a
 * quorum that saw it notarized, and had not given up on its view, says so. See {@code docs/spec/consensus.md}.
 *
 * <p>{@link ConsensusCore} leads through the epochs, one of these after the other.
 *
 * <p>An idle network is silent but for positions: timers run and leaders propose only while there is work. Confined to one
 * thread; performs no I/O, reads no clock.
 */
public final class SimplexCore {
    private static final long MILLI = Turn.MILLI;

    /**
     * What a core is made for.
     *
     * @param self this node
     * @param parameters constants of the network
     * @param mode what the validator's memory is worth; FRESH for nodes that do not vote
     * @param incarnation random number of this start, at least 0
     * @param maxInlineBytes most bytes of entries that stand in a proposal themselves where the network's protocol knows
     *     batches, the same for all validators
     */
    public record Settings(NodeId self, Parameters parameters, StartMode mode, long incarnation, int maxInlineBytes) {
        /**
         * With {@link BodyParts#MAX_INLINE_BYTES}.
         *
         * @param self this node
         * @param parameters constants of the network
         * @param mode what the validator's memory is worth
         * @param incarnation random number of this start
         */
        public Settings(NodeId self, Parameters parameters, StartMode mode, long incarnation) {
            this(self, parameters, mode, incarnation, BodyParts.MAX_INLINE_BYTES);
        }
    }

    /**
     * What a core holds in memory at a moment; every figure is bounded whatever peers send.
     *
     * @param views views of which votes, certificates or proposals are held
     * @param blocks blocks that wait for their place in the tree
     * @param blockBytes about how many bytes they have
     * @param wanted bodies asked for
     * @param unproven blocks of a catch-up answer that nothing proves yet
     * @param ownTransactions transactions submitted here that are sent again
     * @param evidence equivocations that wait for a block
     * @param batches batches held
     * @param batchesWanted batches asked for
     */
    public record Footprint(
            int views,
            int blocks,
            long blockBytes,
            int wanted,
            int unproven,
            int ownTransactions,
            int evidence,
            int batches,
            int batchesWanted) {}

    private final Turn turn = new Turn();
    private final Settings settings;
    private final BlockTree tree;
    private final PendingTransactions pending;
    private final VoteVerifier verifier;
    private final Seat seat;
    private final List<Certificate> recoveredEntries;

    private final Pacemaker pacemaker;
    private final PeerBook peers;
    private final ViewBook views;
    private final OwnVotes ownVotes;
    private final BlockShelf shelf;
    private final BlockIntake intake;
    private final CatchUp catchUp;
    private final OwnTransactions ownTransactions;
    private final Positions positions;
    private final Ballots ballots;
    private final EvidencePool evidence;
    private final Batching batching;
    private final Proposals proposals;
    private final boolean batched;
    private final int maxInlineBytes;
    private final BatchBook batches;
    private final PartedProposals parted;

    /**
     * Creates a core; {@link #start} comes next.
     *
     * @param settings what it is made for
     * @param tree blocks, up to the finalized head this node remembers
     * @param pending transactions that wait
     * @param signer signs this validator's votes and remembers those of the log; empty for a node that does not vote
     * @param verifier checks votes
     * @param recovered what the vote log remembers
     * @param headCertificate finality of the tree's finalized head, unless an epoch begins with it
     */
    public SimplexCore(
            Settings settings,
            BlockTree tree,
            PendingTransactions pending,
            Optional<VoteSigner> signer,
            VoteVerifier verifier,
            Recovered recovered,
            Optional<Certificate> headCertificate) {
        this(
                settings,
                tree,
                pending,
                signer,
                verifier,
                (validator, statement, signature) -> false,
                recovered,
                headCertificate,
                new OwnTransactions(pending, settings.parameters().maxTransactionBytes()),
                Availability.NONE);
    }

    /**
     * @param verifierBefore checks votes of the epoch before
     * @param recovered of this epoch
     */
    SimplexCore(
            Settings settings,
            BlockTree tree,
            PendingTransactions pending,
            Optional<VoteSigner> signer,
            VoteVerifier verifier,
            VoteVerifier verifierBefore,
            Recovered recovered,
            Optional<Certificate> headCertificate,
            OwnTransactions ownTransactions,
            Availability availability) {
        this.settings = settings;
        this.tree = tree;
        this.pending = pending;
        this.verifier = verifier;
        BlockHeader head = tree.finalizedHead();
        ValidatorSet set = tree.validators();
        int self = set.indexOf(settings.self()).orElse(-1);
        long epoch = tree.epoch();
        long headView = head.epoch() == epoch ? head.view() : 0;
        this.seat = new Seat(set, self, epoch, new LeaderSchedule(set));
        this.pacemaker = new Pacemaker(headView + 1, settings.parameters().leaderTimeoutMillis() * MILLI);
        this.peers = new PeerBook(set.size(), pacemaker.rebroadcastNanos() / 2);
        this.views =
                new ViewBook(set, verifier, new ViewBook.EpochHead(head.id(), headView, headCertificate.orElse(null)));
        VoteSigner votes = self < 0 ? null : signer.orElse(null);
        this.ownVotes = new OwnVotes(turn, seat, settings, votes, views, peers);
        this.shelf = new BlockShelf(pacemaker.rebroadcastNanos());
        this.intake = new BlockIntake(turn, tree, self, shelf);
        this.catchUp = new CatchUp(peers, self);
        this.ownTransactions = ownTransactions;
        this.positions = new Positions(turn, seat, tree, views, pacemaker, peers);
        this.evidence = new EvidencePool(turn, seat, tree, verifier, verifierBefore, peers, ownVotes);
        this.batching = new Batching(pacemaker.batchWindowNanos());
        this.batched = tree.protocolVersion() >= ProtocolVersions.BATCHES;
        this.maxInlineBytes = batched ? settings.maxInlineBytes() : Integer.MAX_VALUE;
        this.batches = new BatchBook(
                turn,
                seat,
                tree.network(),
                settings.parameters().maxTransactionBytes(),
                batched ? availability : Availability.NONE,
                maxInlineBytes / 2,
                pending,
                peers,
                ownVotes,
                pacemaker.rebroadcastNanos());
        this.parted = new PartedProposals(turn, seat, views, pacemaker, batches, maxInlineBytes);
        this.ballots =
                new Ballots(turn, seat, tree, verifier, views, pacemaker, peers, ownVotes, positions, evidence, parted);
        this.proposals = new Proposals(
                turn, seat, settings, tree, pending, views, pacemaker, ownVotes, ballots, shelf, intake, evidence,
                batching, parted);
        this.recoveredEntries = recovered.entries();
        recover(recovered);
    }

    private void recover(Recovered recovered) {
        for (Block block : recovered.blocks()) {
            long view = block.header().view();
            if (view > views.headView()) {
                Digest id = block.id();
                shelf.put(id, block);
                if (seat.set().get(seat.leader(view)).id().equals(block.header().proposer())) {
                    ViewState s = views.state(view);
                    s.proposal = block;
                    s.proposalId = id;
                }
            }
        }
        ownVotes.recover(recovered);
        batches.recover(recovered.batches());
        recovered.votes().forEach(v -> pacemaker.recover(v.view()));
    }

    /**
     * Begins.
     *
     * @param nowNanos the driver's time, never decreasing
     * @param wallMillis milliseconds since 1970
     * @return what to do
     */
    public List<Action> start(long nowNanos, long wallMillis) {
        turn.begin(nowNanos, wallMillis);
        pacemaker.start(nowNanos);
        ownVotes.start(nowNanos);
        positions.start(nowNanos);
        peers.start(view(), nowNanos);
        views.headCertificate().ifPresent(c -> views.state(c.statement().view()).put(c));
        recoveredEntries.forEach(ballots::adopt);
        ownVotes.conclude(pacemaker);
        if (ownVotes.isAsking()) {
            ownVotes.query();
        }
        batches.start();
        positions.tellAll();
        progress();
        return turn.end();
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
        turn.begin(nowNanos, wallMillis);
        if (event instanceof Event.Received e) {
            received(e.from(), e.message());
        } else if (event instanceof Event.Tick) {
            tick();
        } else if (event instanceof Event.Taken e) {
            taken(e);
        } else if (event instanceof Event.CaughtUp e) {
            caughtUp(e);
        } else if (event instanceof Event.CatchUpFailed e) {
            catchUp.failed(seat.set().indexOf(e.peer()).orElse(-1), nowNanos);
        }
        progress();
        return turn.end();
    }

    /**
     * Executes what was voted for, so that this need not happen while the next message waits. Call it after the actions
     * were performed; leaving it out changes nothing but latency.
     */
    public void settle() {
        Digest id = proposals.takeVotedFor();
        if (id != null) {
            intake.execute(id);
        }
    }

    /**
     * When {@link Event.Tick} is wanted at the latest.
     *
     * @return the driver's time
     */
    public long nextDeadlineNanos() {
        long now = turn.now();
        long next = Math.min(viewDeadline(), positions.dueNanos());
        next = Math.min(next, batches.dueNanos());
        if (ownVotes.isAsking()) {
            next = Math.min(next, ownVotes.lastQueryNanos() + pacemaker.rebroadcastNanos());
        }
        if (hasWork() || shelf.isWaiting() || batches.isWaiting()) {
            next = Math.min(next, pacemaker.rebroadcastDueNanos());
            next = Math.min(next, now + pacemaker.graceNanos());
            if (seat.leads(view())) {
                next = Math.min(next, after(now, pacemaker.gatheredNanos()));
                next = Math.min(next, after(now, batching.expectedNanos()));
            }
        } else {
            long due = tree.finalizedHead().timeMillis() + settings.parameters().heartbeatMillis();
            next = Math.min(next, now + Math.max(1, due - turn.wall()) * MILLI);
        }
        return Math.min(next, catchUp.deadlineNanos());
    }

    private static long after(long now, long nanos) {
        return nanos > now ? nanos : Turn.NEVER;
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
                ownTransactions.size(),
                evidence.size(),
                batches.size(),
                batches.wanted());
    }

    /**
     * Stops signing for good.
     *
     * @param reason for people
     */
    public void stopSigning(String reason) {
        ownVotes.stop(reason);
    }

    /**
     * The current view.
     *
     * @return at least 1
     */
    public long view() {
        return pacemaker.view();
    }

    /**
     * The epoch.
     *
     * @return at least 0
     */
    public long epoch() {
        return seat.epoch();
    }

    /** Whether the block that ends the epoch is final; then nothing is left to do here. */
    boolean hasEnded() {
        return tree.epoch() != seat.epoch();
    }

    /** Whether it signs now, or would in views of this epoch above its floor. */
    boolean isSigning() {
        return ownVotes.isSigning() && ownVotes.floor() < Long.MAX_VALUE;
    }

    /** Whether it stopped signing for good. */
    boolean hasStoppedSigning() {
        return ownVotes.isStopped();
    }

    /** Takes over what outlives an epoch: evidence that no block carried, entries that wait for a batch, and how high peers say they are. */
    void inherit(SimplexCore before) {
        evidence.inherit(before.evidence);
        batches.inherit(before.batches);
        for (int i = 0; i < seat.set().size(); i++) {
            int then = before.seat.set().indexOf(seat.set().get(i).id()).orElse(-1);
            if (then >= 0) {
                peers.claimsHeight(i, before.peers.claimedHeight(then));
            }
        }
        if (before.hasStoppedSigning()) {
            ownVotes.stop(before.signingState());
        }
    }

    OwnTransactions ownTransactions() {
        return ownTransactions;
    }

    /**
     * This validator votes only above this view.
     *
     * @return 0 when it votes everywhere
     */
    public long floor() {
        return ownVotes.floor();
    }

    /**
     * Validators heard from lately, this one included.
     *
     * @param nowNanos the driver's time
     * @return a count
     */
    public int peersReachable(long nowNanos) {
        return peers.heardSince(nowNanos - 3 * Positions.IDLE_NANOS, seat.self()) + (seat.isValidator() ? 1 : 0);
    }

    /**
     * Whether this node signs, and if not why.
     *
     * @return for people
     */
    public String signingState() {
        return ownVotes.describe(view());
    }

    // ---------------------------------------------------------------- events

    private void received(NodeId from, Message message) {
        int index = seat.set().indexOf(from).orElse(-1);
        if (index >= 0 && index == seat.self()) {
            return;
        }
        if (index >= 0) {
            peers.heard(index, turn.now());
        }
        if (message instanceof Message.OfBatches m) {
            if (batched) {
                onBatches(from, index, m);
            }
        } else if (message instanceof Message.Position m) {
            positions.onPosition(from, index, m);
        } else if (message instanceof Message.BlockWanted m) {
            intake.onWanted(from, m.id());
        } else if (index < 0) {
            return;
        } else if (message instanceof Message.Proposal m) {
            proposals.onProposal(index, m);
        } else if (message instanceof Message.Voted m) {
            ballots.onVote(index, m.vote());
        } else if (message instanceof Message.Certificates m) {
            m.certificates().forEach(c -> ballots.onCertificate(index, c));
        } else if (message instanceof Message.BlockFound m) {
            intake.onFound(m.block());
        } else if (message instanceof Message.VotesWanted m) {
            if (m.epoch() == epoch()) {
                ownVotes.onWanted(index, m, view());
            } else {
                positions.onElsewhere(from, index, m.epoch());
            }
        } else if (message instanceof Message.VotesHeld m) {
            ownVotes.onHeld(index, m, verifier, ballots::takeEntry);
            ownVotes.conclude(pacemaker);
        } else if (message instanceof Message.Evidence m) {
            evidence.onShown(index, m);
        }
    }

    private void onBatches(NodeId from, int index, Message.OfBatches message) {
        if (message instanceof Message.BatchWanted m) {
            batches.onWanted(from, m.id());
        } else if (index < 0) {
            return;
        } else if (message instanceof Message.PartedProposal m) {
            parted.on(index, m);
        } else if (message instanceof Message.BatchOffered m) {
            batches.onOffered(index, m.batch());
        } else if (message instanceof Message.BatchPromised m) {
            batches.onPromised(index, m.statement(), m.signature());
        } else if (message instanceof Message.BatchCertified m) {
            batches.onCertified(index, m.certificate());
        }
    }

    private void tick() {
        long now = turn.now();
        batches.makeDue();
        if (ownVotes.isAsking() && now - ownVotes.lastQueryNanos() >= pacemaker.rebroadcastNanos()) {
            ownVotes.query();
        }
        boolean stuck = hasWork() || shelf.isWaiting() || batches.isWaiting();
        if (stuck && now >= pacemaker.rebroadcastDueNanos()) {
            rebroadcast();
        } else if (now >= positions.dueNanos()) {
            positions.tellAll();
        }
    }

    private void taken(Event.Taken e) {
        if (e.own()) {
            ownTransactions.add(e.entries());
            if (batches.isGathering() || (ownTransactions.bytes() > maxInlineBytes && batches.makes())) {
                // each byte crosses the network once, not by gossip and in a proposal; and what comes while a batch is
                // gathered goes with it or after it, for a sender's later nonce must not be final first
                batches.gather(ownTransactions.withEarlier(e.entries()));
            } else if (seat.leads(view()) && proposeNow()) {
                ownTransactions.proposed(e.entries());
            } else {
                OwnTransactions.gossip(ownTransactions.withEarlier(e.entries()), turn);
            }
        }
    }

    private boolean proposeNow() {
        long before = ownVotes.highestView();
        proposals.propose();
        return ownVotes.highestView() != before;
    }

    private void caughtUp(Event.CaughtUp e) {
        int peer = seat.set().indexOf(e.peer()).orElse(-1);
        long before = finalizedHeight();
        int unprovenBefore = catchUp.unproven();
        List<CatchUp.Chain> chains = catchUp.take(e.blocks(), tree.finalizedHead());
        boolean sound = catchUp.isSound();
        for (CatchUp.Chain chain : chains) {
            if (hasEnded()) {
                break;
            }
            if (!finalizeChain(chain)) {
                sound = false;
                break;
            }
        }
        if (!sound) {
            catchUp.lied(peer, turn.now());
        } else if (finalizedHeight() == before && catchUp.unproven() <= unprovenBefore) {
            catchUp.failed(peer, turn.now());
        } else {
            catchUp.helped(turn.now());
        }
    }

    // ---------------------------------------------------------------- finality

    private void progress() {
        do {
            turn.rest();
            finalizeNewest();
            if (hasEnded()) {
                return;
            }
            parted.settle(proposals);
            proposals.consider();
            proposals.propose();
            pacemaker.rearm(hasWork(), turn.now());
            if (turn.now() >= viewDeadline()) {
                ballots.nullify();
            }
        } while (turn.hasAdvanced());
        CatchUp.Request request = catchUp.next(
                turn.now(), finalizedHeight(), views.newestFinality().isPresent());
        if (request != null) {
            turn.add(new Action.CatchUp(seat.set().get(request.peer()).id(), request.fromHeight()));
        }
    }

    private void finalizeNewest() {
        if (hasEnded()) {
            // a block that only trails the end of the epoch makes nothing final
            return;
        }
        views.newestFinality()
                .filter(c -> intake.ensureInTree(c.statement().blockId()))
                .ifPresent(c -> commit(c.statement().blockId(), c, List.of()));
    }

    /** Finalizes blocks whose certificate holds; nothing of them enters the tree when it does not. */
    private boolean finalizeChain(CatchUp.Chain chain) {
        VoteStatement st = chain.certificate().statement();
        if (st.view() <= views.headView() || st.epoch() != seat.epoch() || !views.holds(chain.certificate())) {
            return false;
        }
        for (Block block : chain.blocks()) {
            if (!intake.addCertified(block)) {
                return false;
            }
        }
        Digest last = chain.blocks().get(chain.blocks().size() - 1).id();
        ballots.adopt(chain.certificate());
        commit(last, chain.certificate(), chain.links());
        return true;
    }

    /**
     * Makes a block final, and with it its ancestors up to the end of the epoch.
     *
     * @param beyond from the block to the header the certificate names
     */
    private void commit(Digest target, Certificate c, List<Link> beyond) {
        List<Digest> path = new ArrayList<>();
        for (Digest id = target; !id.equals(views.headId()); id = header(id).previous()) {
            path.add(0, id);
        }
        List<Digest> chain = new ArrayList<>();
        List<BlockHeader> trailing = new ArrayList<>();
        boolean closed = false;
        for (Digest id : path) {
            if (closed) {
                trailing.add(header(id));
            } else {
                chain.add(id);
                closed = header(id).isClosing();
            }
        }
        BlockHeader last = header(chain.get(chain.size() - 1));
        List<Link> links = new ArrayList<>();
        if (trailing.size() > Finality.MAX_DIRECT_LINKS) {
            links.add(new Link(
                    trailing.get(trailing.size() - 1),
                    tree.ancestorPath(chain.get(chain.size() - 1), path.get(path.size() - 1))));
        } else {
            links.addAll(Link.direct(trailing));
        }
        links.addAll(beyond);
        List<ExecutedBlock> executed = new ArrayList<>(chain.size());
        int transactions = 0;
        for (Digest id : chain) {
            for (Block block : tree.finalizeUpTo(id)) {
                executed.add(new ExecutedBlock(id, block, tree.outcomes(id), tree.receipts(id), tree.stateRoot(id)));
                transactions += block.transactions().size();
                ownTransactions.finalized(block);
                evidence.finalized(block);
            }
        }
        if (links.isEmpty() || last.isClosing()) {
            views.finalized(c);
        } else {
            views.finalized(chain.get(chain.size() - 1), last.view());
        }
        pending.finalized(executed.stream().map(ExecutedBlock::block).toList(), chain.get(chain.size() - 1));
        batches.finalized(executed.stream().map(ExecutedBlock::block).toList());
        shelf.forget(views.headView(), views::isNotarized);
        evidence.prune();
        pacemaker.steady();
        batching.finalized(transactions, turn.now());
        catchUp.reached(finalizedHeight());
        turn.advance();
        turn.add(new Action.Finalized(executed, c, links));
    }

    private BlockHeader header(Digest id) {
        return tree.header(id).orElseThrow(() -> new IllegalStateException("block " + id + " left the tree"));
    }

    private long finalizedHeight() {
        return tree.finalizedHead().height();
    }

    // ---------------------------------------------------------------- time and work

    private long viewDeadline() {
        if (!seat.isValidator() || !ownVotes.may(view())) {
            return Turn.NEVER;
        }
        boolean leaderInactive = pacemaker.isInactive(seat.leader(view()), seat.self(), peers, seat.set());
        return pacemaker.deadlineNanos(views.get(view()), seat.self(), leaderInactive);
    }

    private boolean hasWork() {
        if (proposals.areDue()) {
            return true;
        }
        ViewState s = views.get(view());
        if (s == null) {
            return false;
        }
        if (s.proposal != null || (seat.isValidator() && s.vote(VoteKind.NULLIFY, seat.self()) != null)) {
            return true;
        }
        long gaveUp = s.stakeFor(new VoteStatement(VoteKind.NULLIFY, seat.epoch(), s.view, Digest.ZERO), seat.set());
        return gaveUp > seat.set().totalStake() / 3;
    }

    // ---------------------------------------------------------------- recovery from loss

    private void rebroadcast() {
        pacemaker.rebroadcast(turn.now());
        positions.tellAll();
        if (seat.isValidator() && ownVotes.isSigning()) {
            views.open().forEach(this::rebroadcastVotes);
        }
        ownTransactions.rebroadcast(turn, views.headId());
        batches.rebroadcast();
        evidence.rebroadcast();
        shelf.wanted().forEach(intake::want);
    }

    /** Sends stored votes again; nothing is ever signed here. */
    private void rebroadcastVotes(ViewState s) {
        Vote notarize = s.vote(VoteKind.NOTARIZE, seat.self());
        Vote nullify = s.vote(VoteKind.NULLIFY, seat.self());
        Vote last = s.vote(VoteKind.FINALIZE, seat.self());
        if (s.view == view() && notarize != null) {
            if (s.proposal != null && seat.leads(s.view)) {
                proposals.rebroadcast(s.proposal, notarize);
            } else {
                turn.broadcast(new Message.Voted(notarize));
            }
        }
        if (s.view == view() && nullify != null) {
            turn.broadcast(new Message.Voted(nullify));
        }
        if (last != null && s.certificate(VoteKind.FINALIZE) == null && s.view + Ballots.VOTES_AHEAD > view()) {
            turn.broadcast(new Message.Voted(last));
        }
    }
}
