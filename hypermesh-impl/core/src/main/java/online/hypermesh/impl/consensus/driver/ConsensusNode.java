package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.consensus.ConsensusValidator;
import online.hypermesh.api.consensus.EquivocationListener;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.ConsensusCore;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.Finality;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.stoq.Messenger;
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
    private static final long MAX_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int BATCH_ITEMS = 64;
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    private final ConsensusConfig config;
    private final Genesis genesis;
    private final BlockTree tree;
    private final BlockStorage storage;
    private final Messenger messenger;
    private final Inbox inbox = new Inbox();
    private final FinalizedChain chain = new FinalizedChain();
    private final Announcer announcer;
    private final EquivocationReports equivocations;
    private final List<Thread> threads = new ArrayList<>();

    private final EpochEnds epochEnds;
    private final Optional<SnapshotTaker> snapshots;
    private final Ancestry ancestry;
    private final Lifecycle life = new Lifecycle();
    private final StateQueries queries;
    private final Submissions submissions;
    private final PeerServices services;
    private final CatchUpClient catchUp;
    private final StatusBoard status;

    // owned by the consensus thread once it runs
    private final DurableVotes votes;
    private final BlockWriter writer;
    private final ActionQueue actions;
    private @Nullable ConsensusCore core;

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
        this.epochEnds =
                new EpochEnds(storage, config.snapshots().map(Snapshots::handOvers), tree.epoch(), tree.validators());
        this.ancestry =
                new Ancestry(LedgerTree.genesisHeader(genesis), begun().map(StateBase::frontier), chain, storage);
        this.snapshots = config.snapshots().map(SnapshotTaker::new);
        this.queries = new StateQueries(life, tree, inbox, config.callTimeout(), () -> core().headFinality());
        this.submissions = new Submissions(life, config.pending(), inbox, announcer);
        this.services = new PeerServices(
                config, inbox, new HistoryAnswers(epochEnds::handOver, ancestry::proof), ancestry::path, queries);
        this.catchUp = new CatchUpClient(messenger, genesis.parameters(), inbox);
        this.votes = new DurableVotes(
                config.voting(), genesis.parameters(), tree.network(), messenger.self(), config.metrics());
        this.writer = new BlockWriter(storage, config.metrics());
        this.actions = new ActionQueue(votes, this::act, inbox::wake);
        this.status = new StatusBoard(tree);
        this.equivocations = new EquivocationReports(tree);
    }

    /**
     * Replays the stored blocks through the tree and through the subscriptions made so far, opens the vote log, offers the
     * services and begins.
     *
     * @throws HypermeshException CORRUPTED when a stored block is damaged or out of place, STORAGE_FAILED when the disk fails
     */
    public void start() {
        life.start();
        Optional<Finality> headFinality =
                new ChainReplay(config, chain, epochEnds, ancestry, announcer, snapshots).run(begun());
        services.epochBegan(tree.validators());
        core = openCore(headFinality);
        services.open();
        new SessionService(this, messenger, config.metrics())
                .open(genesis.parameters().maxTransactionBytes());
        launch("consensus", this::run);
        launch("consensus-announcer", announcer);
    }

    /** The state it begins with, unless that is the founding one. */
    private Optional<StateBase> begun() {
        BlockHeader head = tree.finalizedHead();
        if (head.height() == 0) {
            return Optional.empty();
        }
        return config.snapshots()
                .orElseThrow(() -> new IllegalArgumentException("a node whose tree begins at height " + head.height()
                        + " keeps snapshots; it was configured without"))
                .tree()
                .base(head.id());
    }

    private void launch(String name, Runnable body) {
        Thread t = new Thread(body, name);
        t.setDaemon(true);
        threads.add(t);
        t.start();
    }

    private ConsensusCore openCore(Optional<Finality> headFinality) {
        NodeId self = messenger.self();
        DurableVotes.Opened opened = votes.open();
        GuardedKeys keys = new GuardedKeys(
                self,
                tree.network(),
                config.voting().map(ConsensusConfig.Voting::keys).orElse(List.of()));
        opened.recovered().votes().forEach(v -> keys.remember(v.statement()));
        ConsensusCore made = new ConsensusCore(
                new SimplexCore.Settings(
                        self, genesis.parameters(), opened.mode(), new SecureRandom().nextLong() >>> 1),
                tree,
                config.pending(),
                keys,
                opened.recovered(),
                headFinality);
        String stopped = opened.stopped();
        if (stopped != null) {
            made.stopSigning(stopped);
        }
        return made;
    }

    // ---------------------------------------------------------------- the consensus thread

    private void run() {
        ConsensusCore running = core();
        try {
            writer.begin();
            perform(running.start(System.nanoTime(), config.clock().millis()));
            while (!life.isClosed()) {
                actions.advance();
                running.settle();
                status.publish(running);
                long wait = running.nextDeadlineNanos() - System.nanoTime();
                handle(running, inbox.take(BATCH_ITEMS, Math.max(0, Math.min(wait, MAX_WAIT_NANOS))));
                writer.syncSometimes();
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

    private void handle(ConsensusCore running, List<Inbox.Item> items) throws InterruptedException {
        long end = System.nanoTime() + BATCH_NANOS;
        for (int i = 0; i < items.size(); i++) {
            Inbox.Item item = items.get(i);
            Event event = item.event();
            Runnable task = item.task();
            if (task != null) {
                // It sees what the core came to, and tells others: nothing of that may hang on a vote that is not
                // durable.
                actions.drain();
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
                    perform(running.on(System.nanoTime(), config.clock().millis(), event));
                }
            }
            if (System.nanoTime() > end) {
                actions.advance();
                end = System.nanoTime() + BATCH_NANOS;
            }
        }
        if (System.nanoTime() >= running.nextDeadlineNanos()) {
            perform(running.on(System.nanoTime(), config.clock().millis(), new Event.Tick()));
        }
    }

    /** Queues actions; the core goes on at once unless too many wait, or an epoch's end does. */
    private void perform(List<Action> wanted) throws InterruptedException {
        actions.add(wanted);
        if (!actions.hasRoom()) {
            actions.drain();
        }
    }

    private void act(Action action) {
        if (action instanceof Action.Send a) {
            messenger.send(a.to(), MESSAGE_SERVICE, a.message().encode());
        } else if (action instanceof Action.Broadcast a) {
            if (a.message() instanceof Message.PartedProposal p) {
                config.metrics().proposedBatches(p.parts().batches().size());
            }
            byte[] bytes = a.message().encode();
            for (NodeId other : services.others()) {
                messenger.send(other, MESSAGE_SERVICE, bytes);
            }
        } else if (action instanceof Action.Finalized a) {
            finalized(a);
        } else if (action instanceof Action.CatchUp a) {
            catchUp.ask(a);
        } else if (action instanceof Action.Report a) {
            equivocations.report(a.equivocation());
        } else if (action instanceof Action.SigningChanged a) {
            LOG.log(Level.INFO, "Voting of " + messenger.self().toShortString() + ": " + a.state());
        }
    }

    private void finalized(Action.Finalized a) {
        writer.append(a);
        Digest head = a.blocks().get(a.blocks().size() - 1).id();
        if (tree.finalizedHead().id().equals(head)) {
            // one answer to catching up finalizes more than the tree remembers: its last block is the one to read from
            queries.headIs(head);
        }
        a.blocks().forEach(b -> ancestry.add(b.id()));
        chain.append(a.blocks(), a.certificate(), a.links(), ancestry::path);
        snapshots.ifPresent(s -> a.blocks()
                .forEach(b -> chain.entry(b.block().header().height())
                        .ifPresent(e -> s.finalized(e.block(), b.id(), e::links))));
        if (a.endsEpoch()) {
            BlockHeader end = a.blocks().get(a.blocks().size() - 1).block().header();
            epochEnds.ended(end.epoch(), end.height(), tree.validators());
            services.epochBegan(tree.validators());
        }
        if (votes.isLong()) {
            storage.sync();
            votes.compact(a.position());
        } else {
            votes.forget(a.position());
        }
    }

    private void fail(HypermeshException e) {
        LOG.log(Level.ERROR, "Consensus stopped", e);
        status.stopped(e);
        life.fail(e);
        announcer.failAll(e);
    }

    private void release() {
        actions.close();
        chain.close();
        votes.close();
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
        return submissions.take(transaction, Announcer.Certified::receipt);
    }

    /** Several transactions at once, in their order; the others hear of them in one message. */
    List<Submission<Receipt>> submitAll(List<Transaction> transactions) {
        return submissions.takeAll(transactions);
    }

    /** Runs something whenever all who waited for a block were answered. */
    void whenAnswered(Runnable what) {
        announcer.whenAnswered(what);
    }

    /**
     * Submits a bundle. A bundle that waits already, here or because of an earlier submission, is not taken twice: its
     * callers share the answer.
     *
     * @param bundle signed
     * @return both stages
     */
    public Submission<BundleReceipt> submitTracked(Bundle bundle) {
        return submissions.take(bundle, certified -> certified.receipt(bundle));
    }

    @Override
    public Optional<byte[]> read(String module, byte[] key) {
        return queries.read(module, key);
    }

    @Override
    public StateProof prove(String module, byte[] key) {
        return queries.prove(module, key);
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
        return announcer.subscribe(fromHeight, listener, life.isStarted());
    }

    // ---------------------------------------------------------------- ConsensusValidator

    @Override
    public ConsensusStatus status() {
        return status.status();
    }

    @Override
    public AutoCloseable watchEquivocations(EquivocationListener listener) {
        return equivocations.watch(listener);
    }

    @Override
    public void close() {
        if (!life.close()) {
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
        catchUp.close();
        writer.close();
        snapshots.ifPresent(SnapshotTaker::close);
        announcer.failAll(Lifecycle.closedError());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
