package online.hypermesh.node.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.impl.consensus.driver.ConsensusConfig;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.impl.consensus.driver.PooledTransactions;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.impl.storage.SegmentBlockStorage;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.trustchain.names.NameModule;

/** A network of one real validator within this process, whose answers the test writes, and its operator. */
final class OneValidator implements AutoCloseable {
    static final Duration WAIT = Duration.ofSeconds(30);

    final NodeKeys keys = NodeKeys.generate(new SecureRandom());
    final NodeKeys operator = NodeKeys.generate(new SecureRandom());
    final Genesis genesis;
    final Messenger messenger;
    private final Transport transport;
    private final AtomicLong nonce = new AtomicLong();

    OneValidator(int leafValiditySeconds, PeerVerifierOf verifier) {
        this(leafValiditySeconds, verifier, System.currentTimeMillis(), Parameters.DEFAULT_EPOCH_SECONDS);
    }

    OneValidator(int leafValiditySeconds, PeerVerifierOf verifier, long createdAtMillis, int epochSeconds) {
        Parameters d = Parameters.DEFAULT;
        genesis = new Genesis(
                "net",
                createdAtMillis,
                List.of(keys.toValidator("n1", 1)),
                List.of(operator.node().verifyKey()),
                new Parameters(
                        leafValiditySeconds,
                        d.maxTransactionBytes(),
                        d.maxBlockBytes(),
                        d.heartbeatMillis(),
                        d.maxClockErrorMillis(),
                        d.leaderTimeoutMillis(),
                        1,
                        epochSeconds));
        Credentials credentials = SelfSignedLeaf.create(keys.node(), genesis.networkId(), Duration.ofHours(1));
        transport = Transports.open(TransportConfig.builder(
                        genesis.networkId(), keys.node().verifyKey(), () -> credentials, verifier.of(genesis))
                .bind(new InetSocketAddress(loopback(), 0))
                .build());
        messenger = Messengers.over(transport);
    }

    /** Whom the validator lets in. */
    interface PeerVerifierOf {
        PeerVerifier of(Genesis genesis);
    }

    private static InetAddress loopback() {
        try {
            return InetAddress.getByName("::1");
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    NodeId id() {
        return keys.id();
    }

    /** Starts its ledger. */
    ConsensusNode ledger(Path directory) {
        return ledger(directory, keys.votingKeys());
    }

    /** Starts its ledger with voting keys of which an epoch names one. */
    ConsensusNode ledger(Path directory, List<SigningKey> votingKeys) {
        List<LedgerModule> modules = List.of(new NameModule(), new NetworkPhaseModule());
        SignatureCheck signatures = new SignatureCheck();
        LedgerTree tree = new LedgerTree(genesis, modules, TransactionGate.OPEN, signatures);
        Mempool pool = new Mempool(
                genesis,
                modules.stream().map(LedgerModule::name).toList(),
                tree.nonces(tree.finalizedHead().id()),
                Mempool.Limits.DEFAULT,
                signatures);
        ConsensusNode node = new ConsensusNode(new ConsensusConfig(
                genesis,
                tree,
                new PooledTransactions(pool, tree),
                SegmentBlockStorage.open(
                        directory.resolve("blocks"), genesis.parameters().maxTransactionBytes()),
                messenger,
                Optional.of(new ConsensusConfig.Voting(
                        votingKeys, directory.resolve("votes.log"), Optional.empty(), id -> {}))));
        node.start();
        return node;
    }

    /** Above those that a client gives the validator's transactions, which are its clock in microseconds. */
    private long nextNonce() {
        long now = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis()) + 500;
        return nonce.updateAndGet(last -> Math.max(last + 1, now));
    }

    /** Has a transaction of the validator finalized. */
    Receipt apply(ConsensusNode ledger, String module, byte[] payload) throws Exception {
        return ledger.submit(Transaction.sign(genesis.networkId(), keys.node(), nextNonce(), module, payload))
                .toCompletableFuture()
                .get(WAIT.toSeconds(), TimeUnit.SECONDS);
    }

    NodeClient client() {
        return client(Optional.empty(), InstantSource.system());
    }

    NodeClient client(Optional<TrustedCheckpoint> checkpoint, InstantSource clock) {
        return NodeClient.open(
                genesis,
                operator,
                checkpoint,
                List.of(new Endpoint(transport.localAddress(), id())),
                WAIT,
                new MemoryChunkIndex(1),
                clock);
    }

    @Override
    public void close() {
        messenger.close();
        keys.close();
        operator.close();
    }
}
