package online.hypermesh.impl.assembly;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.consensus.driver.ConsensusConfig;
import online.hypermesh.impl.consensus.driver.ConsensusMetrics;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.impl.consensus.driver.HistoryService;
import online.hypermesh.impl.consensus.driver.PooledTransactions;
import online.hypermesh.impl.consensus.driver.Snapshots;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.impl.snapshot.SnapshotStore;
import online.hypermesh.impl.snapshot.StateSync;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.impl.storage.HandOverLog;
import online.hypermesh.impl.storage.SegmentBlockStorage;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * One node of a replicated ledger: consensus, state and block storage in one directory, over a messenger of the caller.
 * Everything is durable before it is voted for or acknowledged. {@link #close()} leaves the messenger open. Thread-safe.
 */
public final class LedgerNode implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LedgerNode.class.getName());

    private final Deque<AutoCloseable> parts;
    private final Genesis genesis;
    private final ConsensusNode node;
    private final SigningKey sender;
    private final InstantSource clock;
    private final AtomicLong lastNonce = new AtomicLong();

    private LedgerNode(
            Deque<AutoCloseable> parts, Genesis genesis, ConsensusNode node, SigningKey sender, InstantSource clock) {
        this.parts = parts;
        this.genesis = genesis;
        this.node = node;
        this.sender = sender;
        this.clock = clock;
    }

    /**
     * Begins to describe a node. Without {@link Builder#voting} it follows the others.
     *
     * @param genesis the network's founding document
     * @param key signs the node's transactions; the caller keeps and closes it
     * @param messenger speaks to the other nodes
     * @return a builder
     */
    public static Builder builder(Genesis genesis, SigningKey key, Messenger messenger) {
        return new Builder(genesis, key, messenger);
    }

    /** Describes a node. Not thread-safe. */
    public static final class Builder {
        /** Blocks that are caught up with sooner than a snapshot is fetched. */
        public static final long WORTH_BLOCKS = 1024;

        private final Genesis genesis;
        private final SigningKey key;
        private final Messenger messenger;
        private final List<LedgerModule> modules = new ArrayList<>();
        private TransactionGate gate = TransactionGate.OPEN;
        private Mempool.Limits limits = Mempool.Limits.DEFAULT;
        private InstantSource clock = InstantSource.system();
        private Optional<SigningKey> votingKey = Optional.empty();
        private VoteLogNames names = VoteLogNames.inMemory();
        private long snapshotWork = Snapshots.DEFAULT_WORK;
        private OptionalLong retainedBlocks = OptionalLong.empty();
        private boolean replaysAll;
        private Optional<Joining> joining = Optional.empty();

        private Builder(Genesis genesis, SigningKey key, Messenger messenger) {
            this.genesis = genesis;
            this.key = key;
            this.messenger = messenger;
        }

        /**
         * Adds a module; every node of a network has the same ones.
         *
         * @param module its name is not yet taken
         * @return this
         */
        public Builder module(LedgerModule module) {
            modules.add(module);
            return this;
        }

        /**
         * Lets the node vote.
         *
         * @param voting the key the validator set names; the caller keeps and closes it
         * @param logNames where the vote log's name is remembered, apart from the directory
         * @return this
         */
        public Builder voting(SigningKey voting, VoteLogNames logNames) {
            votingKey = Optional.of(voting);
            names = logNames;
            return this;
        }

        /**
         * Says which transactions may enter; all by default.
         *
         * @param rule the same on every node
         * @return this
         */
        public Builder gate(TransactionGate rule) {
            gate = rule;
            return this;
        }

        /**
         * Bounds what waits to be ordered; {@link Mempool.Limits#DEFAULT} by default.
         *
         * @param most counts and bytes
         * @return this
         */
        public Builder mempool(Mempool.Limits most) {
            limits = most;
            return this;
        }

        /**
         * Replaces the system's clock, by which block times are judged and transactions numbered.
         *
         * @param source wall clock
         * @return this
         */
        public Builder clock(InstantSource source) {
            clock = source;
            return this;
        }

        /**
         * Replaces the transactions and blocks after which a snapshot of the state is taken,
         * {@value Snapshots#DEFAULT_WORK} by default. Every node of a network has the same number, so that joiners find the
         * same snapshot at all of them.
         *
         * @param work at least 1
         * @return this
         */
        public Builder snapshotEvery(long work) {
            snapshotWork = work;
            return this;
        }

        /**
         * Forgets blocks that no snapshot needs. By default a node is an archive and keeps all of them.
         *
         * @param blocks how many of the newest stay at least, at least 1
         * @return this
         */
        public Builder retainBlocks(long blocks) {
            retainedBlocks = OptionalLong.of(blocks);
            return this;
        }

        /**
         * Fetches a snapshot of the state from the others before the node begins, when they have one that is more than
         * {@value #WORTH_BLOCKS} blocks ahead of this node's own blocks; else it catches up block by block. Nobody is believed:
         * every part is proven against a header that the light client believes.
         *
         * @param peers whom to ask
         * @param believed begins with the genesis or a trusted checkpoint
         * @param deadline longest wait
         * @return this
         */
        public Builder joinWithSnapshot(List<NodeId> peers, CertificateLightClient believed, Duration deadline) {
            joining = Optional.of(new Joining(List.copyOf(peers), believed, deadline));
            return this;
        }

        private record Joining(List<NodeId> peers, CertificateLightClient believed, Duration deadline) {}

        /**
         * Begins with the first block whatever snapshots there are, for an archive whose listeners want to hear of every block.
         *
         * @return this
         */
        public Builder replayAll() {
            replaysAll = true;
            return this;
        }

        /**
         * Opens or creates the node's directory and begins: with the newest snapshot, and the blocks stored after it.
         *
         * @param directory of this node alone
         * @return the running node
         * @throws IllegalArgumentException when {@link #replayAll} and {@link #joinWithSnapshot} were both asked for
         * @throws HypermeshException LOCKED when another process uses the directory, WRONG_NETWORK when it belongs to another
         *     network, CORRUPTED or STORAGE_FAILED when it cannot be used
         */
        public LedgerNode open(Path directory) {
            if (replaysAll && joining.isPresent()) {
                throw new IllegalArgumentException(
                        "replayAll begins with the first block and joinWithSnapshot with a state"
                                + " in place of the blocks before it; ask for one of them");
            }
            Deque<AutoCloseable> parts = new ArrayDeque<>();
            try {
                DataDirectory data = DataDirectory.open(directory, genesis.networkId());
                parts.push(data);
                SegmentBlockStorage blocks = SegmentBlockStorage.open(
                        data.path().resolve("blocks"), genesis.parameters().maxTransactionBytes());
                parts.push(blocks);
                SnapshotStore snapshots = SnapshotStore.open(data.path().resolve("snapshots"), genesis.networkId());
                parts.push(snapshots);
                HandOverLog handOvers = HandOverLog.open(data.path().resolve("epochs"));
                parts.push(handOvers);
                SignatureCheck signatures = new SignatureCheck();
                Optional<StateBase> base = replaysAll ? Optional.empty() : snapshots.newest();
                if (joining.isPresent()) {
                    long own = Math.max(
                            blocks.height(), base.map(b -> b.header().height()).orElse(0L));
                    Optional<StateBase> fetched = fetch(joining.get(), snapshots, handOvers, own + WORTH_BLOCKS);
                    base = fetched.isPresent() ? fetched : base;
                }
                LedgerTree tree = base.map(b -> new LedgerTree(genesis, modules, gate, signatures, b))
                        .orElseGet(() -> new LedgerTree(genesis, modules, gate, signatures));
                Mempool pool = new Mempool(
                        genesis,
                        modules.stream().map(LedgerModule::name).toList(),
                        tree.nonces(tree.finalizedHead().id()),
                        limits,
                        signatures);
                ConsensusNode node = new ConsensusNode(new ConsensusConfig(
                        genesis,
                        tree,
                        new PooledTransactions(pool, tree),
                        blocks,
                        messenger,
                        votingKey.map(voting -> new ConsensusConfig.Voting(
                                voting, data.path().resolve("votes.log"), names.last(), names::store)),
                        clock,
                        ConsensusConfig.DEFAULT_CALL_TIMEOUT,
                        ConsensusMetrics.NONE,
                        Optional.of(new Snapshots(snapshots, blocks, handOvers, tree, snapshotWork, retainedBlocks))));
                parts.push(node);
                node.start();
                return new LedgerNode(parts, genesis, node, key, clock);
            } catch (RuntimeException e) {
                closeAll(parts);
                throw e;
            }
        }

        private Optional<StateBase> fetch(Joining how, SnapshotStore snapshots, HandOverLog handOvers, long above) {
            try {
                return new StateSync(
                                genesis.networkId(),
                                messenger,
                                how.peers,
                                how.believed,
                                (peer, epoch) -> HistoryService.ask(messenger, peer, epoch, how.deadline),
                                handOvers::add,
                                p -> LOG.log(
                                        System.Logger.Level.DEBUG,
                                        "{0} of {1} parts of the snapshot of height {2}",
                                        p.parts(),
                                        p.of(),
                                        p.height()))
                        .run(snapshots, above, how.deadline);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HypermeshException(Code.CLOSED, Retry.SAME_CALL, "Interrupted while fetching a snapshot", e);
            }
        }
    }

    /**
     * The ledger: state, proofs, blocks, and whatever others signed.
     *
     * @return valid until this node is closed
     */
    public Ledger ledger() {
        return node;
    }

    /**
     * Where consensus stands.
     *
     * @return now
     */
    public ConsensusStatus status() {
        return node.status();
    }

    /**
     * Signs a transaction with the node's key and submits it, in the order of the calls.
     *
     * @param module whom it addresses
     * @param payload the instruction
     * @return completes with a receipt that anybody with the genesis can check, or fails with a {@link HypermeshException}; the
     *     caller bounds its wait
     */
    public synchronized CompletionStage<Receipt> submit(String module, byte[] payload) {
        long now = TimeUnit.MILLISECONDS.toMicros(clock.millis());
        long nonce = lastNonce.updateAndGet(last -> Math.max(last + 1, now));
        return node.submit(Transaction.sign(genesis.networkId(), sender, nonce, module, payload));
    }

    /**
     * Waits until this node has executed a height, for example that of a receipt given by another node, so that what was
     * written there is read here.
     *
     * @param height the height
     * @param deadline longest wait
     * @throws HypermeshException TIMEOUT when the height is not reached in time
     * @throws InterruptedException when the waiting thread is interrupted
     */
    public void awaitHeight(long height, Duration deadline) throws InterruptedException {
        if (height < 1) {
            return; // the founding block, which every node has
        }
        CountDownLatch reached = new CountDownLatch(1);
        AutoCloseable subscription = node.subscribe(height, (block, outcomes) -> reached.countDown());
        try {
            if (!reached.await(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new HypermeshException(
                        Code.TIMEOUT,
                        Retry.SAME_CALL,
                        "height " + height + " was not reached within " + deadline.toMillis() + " ms, this node is at "
                                + node.finalizedHeight() + ". Look at its status, or wait longer");
            }
        } finally {
            close(subscription);
        }
    }

    @Override
    public void close() {
        closeAll(parts);
    }

    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            close(parts.pop());
        }
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "closing a part of a node failed", e);
        }
    }
}
