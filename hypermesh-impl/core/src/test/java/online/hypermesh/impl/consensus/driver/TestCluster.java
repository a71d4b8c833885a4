package online.hypermesh.impl.consensus.driver;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.genesis.ProtocolVersions;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** Four validators in one process, each with its own storage, vote log and keystore entry. */
final class TestCluster implements AutoCloseable {
    /** {@code key=value} sets a key. */
    static final LedgerModule NOTES = new LedgerModule() {
        @Override
        public String name() {
            return "notes";
        }

        @Override
        public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
            String text = new String(payload, StandardCharsets.UTF_8);
            int at = text.indexOf('=');
            if (at < 1) {
                return Outcome.refused("SYNTAX", "no key in " + text);
            }
            state.put(bytes(text.substring(0, at)), bytes(text.substring(at + 1)));
            return Outcome.applied();
        }
    };

    final LocalNetwork network = new LocalNetwork();
    final Genesis genesis;
    final List<SigningKey> nodeKeys = new ArrayList<>();
    final List<SigningKey> votingKeys = new ArrayList<>();
    final Map<Integer, ConsensusNode> nodes = new HashMap<>();
    final Map<Integer, MemoryBlockStorage> storages = new HashMap<>();
    final Map<Integer, byte[]> keystore = new HashMap<>();
    private final Map<Integer, Messenger> messengers = new HashMap<>();
    /** Of the nodes made from now on. */
    TransactionGate gate = TransactionGate.OPEN;
    /** Of the nodes made from now on. */
    LedgerModule module = NOTES;

    /** Of the nodes made from now on. */
    ConsensusMetrics metrics = ConsensusMetrics.NONE;

    /** Of the nodes made from now on. */
    Mempool.Limits limits = Mempool.Limits.DEFAULT;

    private final Path directory;
    private long nonce;

    TestCluster(Path directory, int n) {
        this(directory, n, Parameters.DEFAULT_EPOCH_SECONDS);
    }

    TestCluster(Path directory, int n, int epochSeconds) {
        this(directory, n, epochSeconds, ProtocolVersions.NEWEST);
    }

    TestCluster(Path directory, int n, int epochSeconds, int protocolVersion) {
        this.directory = directory;
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            nodeKeys.add(key(i, 1));
            votingKeys.add(key(i, 2));
            validators.add(new GenesisValidator(
                    "n" + i,
                    nodeKeys.get(i).verifyKey(),
                    votingKeys.get(i).verifyKey(),
                    key(i, 3).verifyKey(),
                    1));
        }
        genesis = new Genesis(
                "test",
                System.currentTimeMillis(),
                validators,
                List.of(),
                new Parameters(3600, 65_536, 1_048_576, 30_000, 5_000, 300, 3, epochSeconds, protocolVersion));
    }

    static SigningKey key(int node, int purpose) {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) (node * 8 + purpose));
        return SigningKey.fromSeed(seed);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    Path voteLog(int i) {
        return directory.resolve("n" + i).resolve("votes.log");
    }

    NodeId id(int i) {
        return NodeId.of(nodeKeys.get(i).verifyKey());
    }

    /** An empty ledger. */
    LedgerTree tree(SignatureCheck signatures) {
        return new LedgerTree(genesis, List.of(module), gate, signatures);
    }

    /** Transactions that wait for a ledger. */
    Mempool pool(LedgerTree tree, SignatureCheck signatures) {
        return new Mempool(
                genesis, List.of("notes"), tree.nonces(tree.finalizedHead().id()), limits, signatures);
    }

    ConsensusNode make(int i, SigningKey nodeKey, Optional<ConsensusConfig.Voting> voting) {
        SignatureCheck signatures = new SignatureCheck();
        LedgerTree tree = tree(signatures);
        Mempool pool = pool(tree, signatures);
        Messenger messenger = network.join(nodeKey.verifyKey());
        messengers.put(i, messenger);
        ConsensusNode node = new ConsensusNode(new ConsensusConfig(
                genesis,
                tree,
                new PooledTransactions(pool, tree),
                storages.computeIfAbsent(i, k -> new MemoryBlockStorage()),
                messenger,
                voting,
                InstantSource.system(),
                ConsensusConfig.DEFAULT_CALL_TIMEOUT,
                metrics,
                Optional.empty()));
        nodes.put(i, node);
        return node;
    }

    ConsensusNode start(int i) {
        return start(i, List.of(votingKeys.get(i)));
    }

    ConsensusNode start(int i, List<SigningKey> keys) {
        ConsensusNode node = make(
                i,
                nodeKeys.get(i),
                Optional.of(new ConsensusConfig.Voting(
                        keys, voteLog(i), Optional.ofNullable(keystore.get(i)), id -> keystore.put(i, id))));
        node.start();
        return node;
    }

    void startAll() {
        for (int i = 0; i < nodeKeys.size(); i++) {
            start(i);
        }
    }

    void stop(int i) {
        nodes.remove(i).close();
        messengers.remove(i).close();
    }

    Transaction transaction(String text) {
        return Transaction.sign(genesis.networkId(), key(20, 1), ++nonce, "notes", bytes(text));
    }

    static void await(String what, BooleanSupplier fact) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!fact.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within 60 s: " + what);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    public void close() {
        nodes.values().forEach(ConsensusNode::close);
        messengers.values().forEach(Messenger::close);
    }
}
