package online.hypermesh.impl.consensus.driver;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.consensus.ConsensusValidator;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.EquivocationListener;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.ConsensusCore;
import online.hypermesh.impl.consensus.EpochView;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.ExecutedBlock;
import online.hypermesh.impl.consensus.Finality;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.PeerBudget;
import online.hypermesh.impl.consensus.Recovered;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.consensus.StartMode;
import online.hypermesh.impl.consensus.VoteLog;
import online.hypermesh.impl.consensus.VoteRecord;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * A running participant of consensus and this node's ledger: one thread runs {@link ConsensusCore} between the peers, the
 * vote log and the block storage. Nodes that do not vote, or do not yet, follow. Thread-safe.
 *
 * <p>A failed write of votes or blocks, two certificates that exclude each other, or a certified block that does not hold
 * here stop the node for good; {@link #status()} says why, and reads go on.
 */
public final class ConsensusNode implements Ledger, ConsensusValidator {
    /** Service number of consensus messages, one-way. */
    public static final int MESSAGE_SERVICE = 1;
    /** Service number of catching up, request and response. */
    public static final int CATCH_UP_SERVICE = 2;

    private static final Logger LOG = System.getLogger(ConsensusNode.class.getName());
    private static final Duration CATCH_UP_TIMEOUT = Duration.ofSeconds(10);
    private static final long MAX_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SYNC_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final int BATCH_ITEMS = 64;
    /** Finalized blocks that may wait for a sync; a vote log gives back no more of them after a stop of all nodes. */
    private static final int MAX_UNSYNCED_BLOCKS = 32;

    private static final int MAX_READERS = 64;
    private static final long COMPACT_BYTES = 16L << 20;
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    private final ConsensusConfig config;
    private final Genesis genesis;
    private final BlockTree tree;
    private final BlockStorage storage;
    private final Messenger messenger;
    private final Inbox inbox = new Inbox();
    private final FinalizedChain chain = new FinalizedChain();
    private final Announcer announcer;
    private final Map<String, StateReader> readers = new ConcurrentHashMap<>();
    private final List<EquivocationListener> equivocationListeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ThreadPoolExecutor catchUpThread;
    private final ThreadPoolExecutor syncThread;
    private final AtomicBoolean syncing = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();

    private final EpochEnds epochEnds;
    private final Ancestry ancestry;
    private final HistoryAnswers history;
    private volatile Members members;
    private volatile ConsensusStatus status;
    private volatile @Nullable HypermeshException failure;
    private volatile @Nullable HypermeshException syncFailure;
    private volatile long syncedBlocks;

    // owned by the consensus thread once it runs
    private @Nullable VoteLog voteLog;
    private @Nullable ConsensusCore core;
    private long syncedNanos;
    private boolean unsynced;
    private long appendedBlocks;
    private boolean voteLogIdUnstored;

    /** Whom the current epoch's votes go to, and what they may be sent on request. */
    private record Members(ValidatorSet set, List<NodeId> others, PeerBudget catchUpBudget, AskerBudget historyBudget) {
        static Members of(ValidatorSet set, NodeId self) {
            return new Members(
                    set,
                    set.validators().stream()
                            .map(Validator::id)
                            .filter(id -> !id.equals(self))
                            .toList(),
                    new PeerBudget(set, CatchUpService.BURST_BYTES, CatchUpService.BYTES_PER_SECOND),
                    new AskerBudget(set));
        }
    }

    /**
     * Creates a node that does nothing yet.
     *
     * @param config what it is made of
     */
    public ConsensusNode(ConsensusConfig config) {
        this.config = config;
        this.genesis = config.genesis();
        this.tree = config.tree();
        this.storage = config.storage();
        this.announcer = new Announcer(chain, config.pending());
        this.messenger = config.messenger();
        this.members = Members.of(tree.validators(), messenger.self());
        this.epochEnds = new EpochEnds(storage, tree.validators());
        this.ancestry = new Ancestry(tree.finalizedHead(), chain, storage);
        this.history = new HistoryAnswers(epochEnds::handOver, ancestry::proof);
        this.catchUpThread = worker("consensus-catch-up", 4);
        this.syncThread = worker("consensus-sync", 1);
        this.status = new ConsensusStatus(
                tree.finalizedHead().epoch(),
                0,
                0,
                tree.finalizedHead().id(),
                tree.stateRoot(tree.finalizedHead().id()),
                0,
                "not started",
                0);
    }

    private static ThreadPoolExecutor worker(String name, int queue) {
        return new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(queue), r -> {
            Thread t = new Thread(r, name);
            t.setDaemon(true);
            return t;
        });
    }

    /**
     * Replays the stored blocks through the tree and through the subscriptions made so far, opens the vote log, offers the
     * services and begins.
     *
     * @throws HypermeshException CORRUPTED when a stored block is damaged or out of place, STORAGE_FAILED when the disk fails
     */
    public void start() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("a consensus node is started once");
        }
        Optional<Finality> headFinality = replayStorage();
        members = Members.of(tree.validators(), messenger.self());
        core = openCore(headFinality);
        int maxMessage = Math.min(Messenger.MAX_BODY_BYTES, genesis.parameters().maxBlockBytes() + (1 << 20));
        messenger.receive(MESSAGE_SERVICE, maxMessage, true, this::receive);
        messenger.serve(
                CATCH_UP_SERVICE,
                CatchUpService.MAX_REQUEST_BYTES,
                true,
                (peer, body) ->
                        CatchUpService.answer(peer.id(), body, storage, members.catchUpBudget(), System.nanoTime()));
        messenger.serve(
                HistoryService.SERVICE,
                HistoryService.MAX_REQUEST_BYTES,
                false,
                (peer, body) -> history.answer(peer.id(), body, members.historyBudget(), System.nanoTime()));
        messenger.serve(
                ReadService.SERVICE,
                ReadService.MAX_REQUEST_BYTES,
                true,
                (peer, body) -> ReadService.answer(body, this::readForPeer, this::prove));
        new SessionService(this, messenger, config.metrics())
                .open(genesis.parameters().maxTransactionBytes());
        launch("consensus", this::run);
        launch("consensus-announcer", announcer);
    }

    private void launch(String name, Runnable body) {
        Thread t = new Thread(body, name);
        t.setDaemon(true);
        threads.add(t);
        t.start();
    }

    // ---------------------------------------------------------------- start

    private Optional<Finality> replayStorage() {
        Optional<Finality> newest = Optional.empty();
        FinalizedChain.@Nullable Entry last = null;
        long height = storage.height();
        for (long h = 1; h <= height; h++) {
            long at = h;
            FinalizedBlock stored = storage.read(h).orElseThrow(() -> damaged(at, "it is missing"));
            Block block = stored.block();
            Verdict verdict = tree.check(block);
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
                    stored.links());
            last = chain.entry(h).orElseThrow();
            announcer.replay(last);
            Digest named = stored.links().isEmpty()
                    ? id
                    : stored.links().get(stored.links().size() - 1).id();
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
            config.pending()
                    .finalized(List.of(last.block().block()), last.executed().id());
        }
        announcer.startAfter(last);
        return newest;
    }

    private static HypermeshException damaged(long height, String why) {
        return new HypermeshException(
                Code.CORRUPTED,
                Retry.NEVER,
                "Stored block " + height + " does not hold: " + why
                        + ". Delete the block storage to fetch the chain again from the other validators");
    }

    private ConsensusCore openCore(Optional<Finality> headFinality) {
        NodeId self = messenger.self();
        long incarnation = new SecureRandom().nextLong() >>> 1;
        if (config.voting().isEmpty()) {
            return new ConsensusCore(
                    new SimplexCore.Settings(self, genesis.parameters(), StartMode.FRESH, incarnation),
                    tree,
                    config.pending(),
                    new GuardedKeys(self, tree.network(), List.of()),
                    Recovered.NOTHING,
                    headFinality);
        }
        ConsensusConfig.Voting voting = config.voting().get();
        GuardedKeys keys = new GuardedKeys(self, tree.network(), voting.keys());
        Opened opened = openLog(voting);
        opened.recovered.votes().forEach(v -> keys.remember(v.statement()));
        ConsensusCore made = new ConsensusCore(
                new SimplexCore.Settings(self, genesis.parameters(), opened.mode, incarnation),
                tree,
                config.pending(),
                keys,
                opened.recovered,
                headFinality);
        if (opened.stopped != null) {
            made.stopSigning(opened.stopped);
        }
        return made;
    }

    private record Opened(
            StartMode mode, Recovered recovered, @Nullable String stopped) {}

    private Opened openLog(ConsensusConfig.Voting voting) {
        boolean exists = Files.exists(voting.log());
        if (voting.expectedLogId().isEmpty() && !exists) {
            // The keystore may be older than the first vote: the others are asked before the key is used.
            createLog(voting);
            storeLogId(voting);
            return new Opened(StartMode.CHECK_LOG, Recovered.NOTHING, null);
        }
        if (!exists) {
            return new Opened(StartMode.REJOIN, Recovered.NOTHING, null);
        }
        VoteLog.Opened opened;
        try {
            opened = VoteLog.open(file(voting), genesis.parameters(), tree.network(), messenger.self());
        } catch (HypermeshException e) {
            if (e.code() != Code.CORRUPTED) {
                throw e;
            }
            return new Opened(StartMode.REJOIN, Recovered.NOTHING, "stopped: " + e.getMessage());
        }
        boolean expected = voting.expectedLogId().isEmpty()
                || Arrays.equals(voting.expectedLogId().get(), opened.log().id());
        if (!expected) {
            opened.log().close();
            return new Opened(StartMode.REJOIN, Recovered.NOTHING, null);
        }
        voteLog = opened.log();
        Recovered recovered = Recovered.of(opened.records());
        if (voting.expectedLogId().isEmpty()) {
            storeLogId(voting);
        }
        return new Opened(StartMode.CHECK_LOG, recovered, null);
    }

    private static FileAppendFile file(ConsensusConfig.Voting voting) {
        try {
            return FileAppendFile.open(voting.log());
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "The vote log " + voting.log() + " cannot be opened: " + e, e);
        }
    }

    private void createLog(ConsensusConfig.Voting voting) {
        byte[] id = new byte[VoteLog.ID_LENGTH];
        new SecureRandom().nextBytes(id);
        voteLog = VoteLog.create(file(voting), genesis.parameters(), id, tree.network(), messenger.self());
    }

    private void storeLogId(ConsensusConfig.Voting voting) {
        if (voteLog != null) {
            voting.logIdStore().accept(voteLog.id());
        }
    }

    // ---------------------------------------------------------------- the consensus thread

    private void run() {
        ConsensusCore running = core();
        try {
            syncedNanos = System.nanoTime();
            List<Action> actions =
                    running.start(System.nanoTime(), config.clock().millis());
            while (!closed.get()) {
                perform(actions);
                running.settle();
                publish(running);
                long wait = running.nextDeadlineNanos() - System.nanoTime();
                actions = handle(running, inbox.take(BATCH_ITEMS, Math.max(0, Math.min(wait, MAX_WAIT_NANOS))));
                sync();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (HypermeshException e) {
            fail(e);
        } catch (RuntimeException e) {
            fail(new HypermeshException(
                    Code.CORRUPTED, Retry.NEVER, "The consensus thread broke: " + e + "; restart the node", e));
        } catch (Error e) {
            fail(new HypermeshException(
                    Code.CORRUPTED, Retry.NEVER, "The consensus thread died: " + e + "; restart the node", e));
            throw e;
        } finally {
            release();
        }
    }

    private ConsensusCore core() {
        if (core == null) {
            throw new IllegalStateException("the consensus node was not started");
        }
        return core;
    }

    private List<Action> handle(ConsensusCore running, List<Inbox.Item> items) {
        List<Action> actions = new ArrayList<>();
        long end = System.nanoTime() + BATCH_NANOS;
        for (int i = 0; i < items.size(); i++) {
            Inbox.Item item = items.get(i);
            Event event = item.event();
            Runnable task = item.task();
            if (task != null) {
                task.run();
            } else if (event != null) {
                List<BodyEntry> merged = new ArrayList<>();
                while (event instanceof Event.Taken t && t.own()) {
                    merged.addAll(t.entries());
                    event = i + 1 < items.size() ? items.get(i + 1).event() : null;
                    if (event instanceof Event.Taken next && next.own()) {
                        i++;
                    } else {
                        event = new Event.Taken(merged, true);
                        break;
                    }
                }
                if (event != null) {
                    actions.addAll(running.on(System.nanoTime(), config.clock().millis(), event));
                }
            }
            if (System.nanoTime() > end) {
                perform(actions);
                actions.clear();
                end = System.nanoTime() + BATCH_NANOS;
            }
        }
        if (System.nanoTime() >= running.nextDeadlineNanos()) {
            actions.addAll(running.on(System.nanoTime(), config.clock().millis(), new Event.Tick()));
        }
        return actions;
    }

    /** Performs actions in order; one sync makes all their vote records durable before the first that depends on one. */
    private void perform(List<Action> actions) {
        int flushed = 0;
        for (int i = 0; i < actions.size(); i++) {
            Action action = actions.get(i);
            if (action instanceof Action.Persist a) {
                if (i >= flushed) {
                    append(a.record());
                }
                continue;
            }
            if (voteLog != null && voteLog.isDirty()) {
                int k = i;
                for (; k < actions.size(); k++) {
                    // Votes of the next epoch become durable only after the block that ends this one.
                    if (actions.get(k) instanceof Action.Finalized f && f.endsEpoch()) {
                        break;
                    }
                    if (k > i && actions.get(k) instanceof Action.Persist later) {
                        append(later.record());
                    }
                }
                flushed = k;
                flush();
            }
            act(action);
        }
        flush();
    }

    private void append(VoteRecord record) {
        if (voteLog == null) {
            config.voting().ifPresent(this::createLog);
            voteLogIdUnstored = true;
        }
        if (voteLog != null) {
            voteLog.append(record);
        }
    }

    private void flush() {
        if (voteLog == null || !voteLog.isDirty()) {
            return;
        }
        long begin = System.nanoTime();
        voteLog.flush();
        config.metrics().votesSynced(System.nanoTime() - begin);
        if (voteLogIdUnstored) {
            config.voting().ifPresent(this::storeLogId);
            voteLogIdUnstored = false;
        }
    }

    private void act(Action action) {
        if (action instanceof Action.Send a) {
            messenger.send(a.to(), MESSAGE_SERVICE, a.message().encode());
        } else if (action instanceof Action.Broadcast a) {
            byte[] bytes = a.message().encode();
            for (NodeId other : members.others()) {
                messenger.send(other, MESSAGE_SERVICE, bytes);
            }
        } else if (action instanceof Action.Finalized a) {
            finalized(a);
        } else if (action instanceof Action.CatchUp a) {
            catchUpThread.execute(() -> catchUp(a));
        } else if (action instanceof Action.Report a) {
            report(a.equivocation());
        } else if (action instanceof Action.SigningChanged a) {
            LOG.log(Level.INFO, "Voting of " + messenger.self().toShortString() + ": " + a.state());
        }
    }

    private void report(Equivocation e) {
        LOG.log(
                Level.WARNING,
                "Validator "
                        + tree.validators(e.epoch())
                                .map(set -> set.get(e.validator()).id().toString())
                                .orElse("number " + e.validator())
                        + " of epoch " + e.epoch() + " contradicts itself: " + e.first() + " and "
                        + e.second());
        for (EquivocationListener listener : equivocationListeners) {
            try {
                listener.caught(e);
            } catch (RuntimeException broken) {
                LOG.log(Level.WARNING, "A listener failed on an equivocation", broken);
            }
        }
    }

    private void finalized(Action.Finalized a) {
        for (int i = 0; i < a.blocks().size(); i++) {
            List<BlockHeader> links = i == a.blocks().size() - 1 ? a.links() : List.of();
            storage.append(new FinalizedBlock(a.blocks().get(i).block(), a.certificate(), links));
            config.metrics().finalized(a.blocks().get(i).block().transactions().size());
        }
        unsynced = true;
        appendedBlocks += a.blocks().size();
        if (a.endsEpoch() || appendedBlocks - syncedBlocks >= MAX_UNSYNCED_BLOCKS) {
            storage.sync();
            syncedBlocks = appendedBlocks;
            syncedNanos = System.nanoTime();
            unsynced = false;
        }
        Digest head = a.blocks().get(a.blocks().size() - 1).id();
        if (tree.finalizedHead().id().equals(head)) {
            // one answer to catching up finalizes more than the tree remembers: its last block is the one to read from
            readers.replaceAll((module, old) -> tree.state(head, module));
        }
        a.blocks().forEach(b -> ancestry.add(b.id()));
        chain.append(a.blocks(), a.certificate(), a.links());
        if (a.endsEpoch()) {
            BlockHeader end = a.blocks().get(a.blocks().size() - 1).block().header();
            epochEnds.ended(end.epoch(), end.height(), tree.validators());
            members = Members.of(tree.validators(), messenger.self());
        }
        if (voteLog != null && voteLog.sizeBytes() > COMPACT_BYTES) {
            storage.sync();
            VoteStatement of = a.certificate().statement();
            voteLog.compact(new EpochView(of.epoch(), of.view()));
        }
    }

    private void sync() {
        HypermeshException broken = syncFailure;
        if (broken != null) {
            throw broken;
        }
        long now = System.nanoTime();
        if (unsynced && now - syncedNanos > SYNC_NANOS && syncing.compareAndSet(false, true)) {
            unsynced = false;
            syncedNanos = now;
            long upTo = appendedBlocks;
            syncThread.execute(() -> {
                try {
                    storage.sync();
                    if (syncedBlocks < upTo) {
                        syncedBlocks = upTo;
                    }
                } catch (HypermeshException e) {
                    syncFailure = e;
                } finally {
                    syncing.set(false);
                }
            });
        }
    }

    private void catchUp(Action.CatchUp a) {
        Event event;
        try {
            byte[] response = messenger.request(
                    a.peer(), CATCH_UP_SERVICE, CatchUpService.request(a.fromHeight()), CATCH_UP_TIMEOUT);
            event = new Event.CaughtUp(a.peer(), CatchUpService.decode(response, genesis.parameters()));
        } catch (StoqException | CborException | IllegalArgumentException e) {
            LOG.log(Level.DEBUG, "Catching up from " + a.peer().toShortString() + " failed", e);
            event = new Event.CatchUpFailed(a.peer());
        }
        inbox.answer(event);
    }

    private void publish(ConsensusCore running) {
        BlockHeader head = tree.finalizedHead();
        ConsensusStatus last = status;
        boolean same =
                last.finalizedHeight() == head.height() && !last.signing().equals("not started");
        Digest id = same ? last.finalizedId() : head.id();
        status = new ConsensusStatus(
                running.epoch(),
                running.view(),
                head.height(),
                id,
                same ? last.stateRoot() : tree.stateRoot(id),
                running.floor(),
                running.signingState(),
                running.peersReachable(System.nanoTime()));
    }

    private void fail(HypermeshException e) {
        LOG.log(Level.ERROR, "Consensus stopped", e);
        ConsensusStatus s = status;
        status = new ConsensusStatus(
                s.epoch(),
                s.view(),
                s.finalizedHeight(),
                s.finalizedId(),
                s.stateRoot(),
                s.votesAboveView(),
                "stopped: " + e.getMessage(),
                s.peersReachable());
        failure = e;
        announcer.failAll(e);
    }

    private void release() {
        chain.close();
        if (voteLog != null) {
            try {
                voteLog.close();
            } catch (HypermeshException e) {
                LOG.log(Level.WARNING, "The vote log did not close", e);
            }
        }
    }

    // ---------------------------------------------------------------- from peers

    private byte[] receive(PeerIdentity peer, byte[] body) {
        Message message = Message.decode(body, genesis.parameters());
        if (message instanceof Message.Gossip gossip) {
            List<BodyEntry> taken = gossip.entries().stream()
                    .filter(t -> config.pending().offer(t).accepted())
                    .toList();
            if (!taken.isEmpty()) {
                inbox.fromPeer(peer.id(), new Event.Taken(taken, false), body.length);
            }
        } else if (message instanceof Message.Position
                || message instanceof Message.BlockWanted
                || members.set().indexOf(peer.id()).isPresent()) {
            inbox.fromPeer(peer.id(), new Event.Received(peer.id(), message), body.length);
        }
        return new byte[0];
    }

    // ---------------------------------------------------------------- Ledger

    @Override
    public Genesis genesis() {
        return genesis;
    }

    @Override
    public long finalizedHeight() {
        return chain.height();
    }

    @Override
    public Optional<FinalizedBlock> block(long height) {
        if (height < 1) {
            throw new IllegalArgumentException("height must be >= 1, was " + height);
        }
        Optional<FinalizedChain.Entry> recent = chain.entry(height);
        return recent.isPresent() ? recent.map(FinalizedChain.Entry::block) : storage.read(height);
    }

    @Override
    public CompletionStage<Receipt> submit(Transaction transaction) {
        return submitTracked(transaction).receipt();
    }

    /**
     * Like {@link #submit}, and tells apart when the order is final and when the outcome is certified.
     *
     * @param transaction signed
     * @return both stages
     */
    public Submission<Receipt> submitTracked(Transaction transaction) {
        return take(transaction, Announcer.Certified::receipt);
    }

    /**
     * Submits a bundle. A bundle that waits already, here or because of an earlier submission, is not taken twice: its
     * callers share the answer.
     *
     * @param bundle signed
     * @return both stages
     */
    public Submission<BundleReceipt> submitTracked(Bundle bundle) {
        return take(bundle, certified -> certified.receipt(bundle));
    }

    private <R> Submission<R> take(BodyEntry entry, Function<Announcer.Certified, R> receipt) {
        HypermeshException broken = failure;
        if (broken != null || closed.get() || !started.get()) {
            return refused(broken != null ? broken : closedError());
        }
        Digest id = entry.id();
        Announcer.Expected expected;
        try {
            expected = announcer.expect(id, System.nanoTime());
        } catch (HypermeshException busy) {
            return refused(busy);
        }
        Verdict verdict = config.pending().offer(entry);
        if (verdict instanceof Verdict.Rejected r
                && expected.first()
                && !config.pending().contains(id)) {
            announcer.refuse(
                    id,
                    new HypermeshException(
                            r.code(), r.code() == Code.BUSY ? Retry.SAME_CALL : Retry.NEVER, r.detail()));
        } else if (verdict.accepted() && !inbox.own(new Event.Taken(List.of(entry), true))) {
            announcer.refuse(
                    id,
                    new HypermeshException(
                            Code.BUSY,
                            Retry.SAME_CALL,
                            Inbox.MAX_OWN + " events wait for the consensus thread; submit more slowly"));
        }
        return new Submission<>(expected.ordered(), expected.certified().thenApply(receipt));
    }

    private static <R> Submission<R> refused(HypermeshException e) {
        return new Submission<>(CompletableFuture.failedStage(e), CompletableFuture.failedStage(e));
    }

    private static HypermeshException closedError() {
        return new HypermeshException(Code.CLOSED, Retry.NEVER, "The ledger is closed or was not started");
    }

    @Override
    public Optional<byte[]> read(String module, byte[] key) {
        StateReader reader = readers.get(module);
        if (reader == null) {
            reader = call(() -> {
                StateReader made = tree.state(tree.finalizedHead().id(), module);
                if (readers.size() < MAX_READERS) {
                    readers.put(module, made);
                }
                return made;
            });
        }
        return reader.get(key);
    }

    /** Remembers nothing, whatever modules peers make up. */
    private Optional<byte[]> readForPeer(String module, byte[] key) {
        StateReader reader = readers.get(module);
        return reader != null
                ? reader.get(key)
                : call(() -> tree.state(tree.finalizedHead().id(), module).get(key));
    }

    @Override
    public StateProof prove(String module, byte[] key) {
        byte[] copy = key.clone();
        return call(() -> {
            BlockHeader head = tree.finalizedHead();
            Finality finality = core().headFinality()
                    .orElseThrow(() -> new HypermeshException(
                            Code.NOT_FOUND,
                            Retry.SAME_CALL,
                            "No state root is certified yet at height " + head.height() + "; ask again later"));
            Digest parent = head.previous();
            return new StateProof(
                    module,
                    copy,
                    tree.state(parent, module).get(copy),
                    tree.treePath(parent, module, copy),
                    head,
                    finality.certificate(),
                    finality.links());
        });
    }

    @Override
    public Optional<HandOver> handOver(long epoch) {
        return epochEnds.handOver(epoch);
    }

    @Override
    public Optional<AncestorProof> ancestor(long height) {
        return ancestry.proof(height);
    }

    @Override
    public AutoCloseable subscribe(long fromHeight, Listener listener) {
        return announcer.subscribe(fromHeight, listener, started.get());
    }

    private <T> T call(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Runnable task = () -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                // The question is at fault, not the consensus thread: its asker hears of it.
                answer.completeExceptionally(e);
            }
        };
        if (!started.get() || closed.get()) {
            throw closedError();
        }
        if (failure != null) {
            // The consensus thread has ended; its tree stays as it left it.
            synchronized (readers) {
                return question.get();
            }
        }
        if (!inbox.own(task)) {
            throw new HypermeshException(Code.BUSY, Retry.SAME_CALL, "The consensus thread is overloaded; ask later");
        }
        try {
            return answer.get(config.callTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.SAME_CALL, "Interrupted while asking the ledger", e);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT,
                    Retry.SAME_CALL,
                    "The consensus thread did not answer within "
                            + config.callTimeout().toMillis() + " ms",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HypermeshException h) {
                throw h;
            }
            if (e.getCause() instanceof IllegalArgumentException) {
                throw new IllegalArgumentException(String.valueOf(e.getCause()), e);
            }
            throw new IllegalStateException("asking the ledger failed", e.getCause());
        }
    }

    // ---------------------------------------------------------------- ConsensusValidator

    @Override
    public ConsensusStatus status() {
        return status;
    }

    @Override
    public AutoCloseable watchEquivocations(EquivocationListener listener) {
        equivocationListeners.add(listener);
        return () -> equivocationListeners.remove(listener);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        inbox.own(() -> {});
        chain.close();
        boolean interrupted = false;
        for (Thread t : threads) {
            try {
                t.join(STOP_TIMEOUT.toMillis());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        catchUpThread.shutdownNow();
        syncThread.shutdown();
        try {
            storage.sync();
        } catch (HypermeshException e) {
            LOG.log(Level.ERROR, "The block storage did not sync at the end", e);
        }
        announcer.failAll(closedError());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
