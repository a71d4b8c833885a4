package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.auth.LedgerAuthProvider;
import online.hypermesh.auth.LedgerTransactionGate;
import online.hypermesh.auth.PolicyModule;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.AuthProvider;
import online.hypermesh.auth.api.Decision;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.bootstrap.Ceilings;
import online.hypermesh.bootstrap.Fact;
import online.hypermesh.bootstrap.NetworkPhase;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.bootstrap.PhaseMachine;
import online.hypermesh.bootstrap.PhaseRecord;
import online.hypermesh.bootstrap.Port;
import online.hypermesh.bootstrap.Readiness;
import online.hypermesh.impl.asset.AssetModule;
import online.hypermesh.impl.asset.FinalizedAssetRegistry;
import online.hypermesh.impl.consensus.driver.ConsensusConfig;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.impl.consensus.driver.PooledTransactions;
import online.hypermesh.impl.content.exchange.ExchangeSettings;
import online.hypermesh.impl.content.exchange.PackAccess;
import online.hypermesh.impl.content.exchange.PackExchange;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.impl.storage.SegmentBlockStorage;
import online.hypermesh.impl.storage.SegmentPackStorage;
import online.hypermesh.node.config.NodeConfig;
import online.hypermesh.node.keys.KeystoreFile;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.GenesisFile;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.certificates.IssuanceRequest;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.api.certificates.Membership;
import online.hypermesh.trustchain.api.names.TraditionalResolver;
import online.hypermesh.trustchain.ca.CertificateModule;
import online.hypermesh.trustchain.ca.LeafIssuer;
import online.hypermesh.trustchain.ca.RenewingCertificateSource;
import online.hypermesh.trustchain.log.FileTransparencyLog;
import online.hypermesh.trustchain.names.AdaptiveResolver;
import online.hypermesh.trustchain.names.NameModule;
import online.hypermesh.trustchain.names.OwnLedgerNames;
import online.hypermesh.trustchain.names.StubTraditionalResolver;
import online.hypermesh.trustchain.verify.GenesisMembership;
import online.hypermesh.trustchain.verify.LeafValidator;
import online.hypermesh.trustchain.verify.LedgerFinalizedState;
import online.hypermesh.trustchain.verify.PhaseVerifier;
import org.jspecify.annotations.Nullable;

/**
 * A running node: every part of the suite, wired, and driven through the phases. Thread-safe.
 */
public final class NodeRuntime implements AutoCloseable {
    private static final Logger LOG = System.getLogger(NodeRuntime.class.getName());
    private static final Duration SELF_SIGNED_LIFE = Duration.ofHours(12);
    private static final Duration RENEWAL_PATIENCE = Duration.ofSeconds(12);
    private static final Duration STAPLE_PATIENCE = Duration.ofSeconds(6);
    private static final long ISSUE_HOLD_MILLIS = 3_000;
    private static final long MAINTAIN_MILLIS_WHILE_RISING = 100;
    private static final long MAINTAIN_MILLIS_AT_THE_TOP = 1_000;
    private static final long ASK_PEERS_MILLIS_WHILE_RISING = 200;
    private static final long ASK_PEERS_MILLIS_AT_THE_TOP = 2_000;
    private static final String ED25519_OID = "1.3.101.112";
    private static final int WORKERS = 6;
    private static final int WORK_WAITING = 256;

    private final NodeConfig config;
    private final Clock clock = Clock.systemUTC();
    private final SecureRandom random = new SecureRandom();
    private final Deque<AutoCloseable> parts;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final long startedAtMillis = clock.millis();

    private final Genesis genesis;
    private final NodeKeys keys;
    private final NodeId self;
    private final DataDirectory data;
    private final SegmentBlockStorage blocks;
    private final SegmentPackStorage packs;
    private final LedgerTree tree;
    private final SignatureCheck signatures = new SignatureCheck();
    private final DeferredLedger ledger;
    private final LightClient lightClient;
    private final AuthProvider auth;
    private final LeafValidator leaves;
    private final NodeTransactions transactions;
    private final LeafRecorder recorder;
    private final IssuanceBudget issuance;
    private final LedgerStaples staples;
    private final RenewingCertificateSource certificates;
    private final Transport transport;
    private final Messenger messenger;
    private final PeerWatch watch;
    private final OwnName ownName;
    private final Optional<StubTraditionalResolver> traditional;
    private final FinalizedAssetRegistry assets;
    private final ContentRepair repair;
    private final PhaseStore phaseStore;
    private final PhaseDriver driver;
    private final ThreadPoolExecutor workers;
    private final ScheduledThreadPoolExecutor phases;
    private final AtomicBoolean certificateWork = new AtomicBoolean();
    private final AtomicBoolean attesting = new AtomicBoolean();
    private final PresenceBoard presence;

    private volatile TrustPhase certificatePhase = TrustPhase.PHASE_0;
    private volatile TrustPhase namePhase = TrustPhase.PHASE_0;
    private volatile Optional<String> degraded = Optional.empty();
    private volatile @Nullable ConsensusNode consensus;
    private volatile @Nullable LeafIssuer ownIssuer;

    /**
     * Starts a node.
     *
     * @param config everything it is told from outside
     * @return the node, listening
     * @throws CodedException with what is wrong and the next step: CONFIGURATION, LOCKED, WRONG_NETWORK, CORRUPTED,
     *     ADDRESS_IN_USE and others; nothing stays open then
     */
    public static NodeRuntime start(NodeConfig config) {
        Deque<AutoCloseable> parts = new ArrayDeque<>();
        boolean running = false;
        try {
            NodeRuntime node = new NodeRuntime(config, parts);
            node.begin();
            running = true;
            return node;
        } finally {
            if (!running) {
                closeAll(parts);
            }
        }
    }

    private NodeRuntime(NodeConfig config, Deque<AutoCloseable> opened) {
        this.config = config;
        this.parts = opened;
        Opening open = new Opening(opened);
        this.genesis = new GenesisFile(config.genesisFile()).read();
        try (SecretBytes passphrase = config.passphrase().read()) {
            this.keys = open.keep(new KeystoreFile(config.keystoreFile()).open(passphrase));
        }
        this.self = keys.id();
        this.data = open.keep(DataDirectory.open(config.dataDirectory(), genesis.networkId()));
        this.phaseStore = PhaseStore.open(file("phase.cbor"));
        this.blocks = open.keep(
                SegmentBlockStorage.open(file("blocks"), genesis.parameters().maxTransactionBytes()));
        this.packs = open.keep(SegmentPackStorage.open(file("packs")));
        this.tree = new LedgerTree(genesis, modules(), new LedgerTransactionGate(), signatures);
        this.ledger = new DeferredLedger(genesis, foundingState(tree));
        this.lightClient = new CertificateLightClient(genesis);
        this.auth = new LedgerAuthProvider(ledger::read);
        this.issuance = new IssuanceBudget(new GenesisMembership(genesis));
        Membership members = new GenesisMembership(genesis)
                .or(id -> ledger.read(PolicyState.MODULE, PolicyState.memberKey(id))
                        .isPresent());
        this.leaves = LeafValidator.builder(genesis, lightClient, new LedgerFinalizedState(ledger))
                .members(members)
                .firstPhase2Millis(this::firstPhase2Millis)
                .build();
        this.transactions = new NodeTransactions(genesis.networkId(), keys.node(), ledger, clock);
        this.recorder = new LeafRecorder(ledger, transactions);
        this.staples = new LedgerStaples(ledger);
        this.certificates = new RenewingCertificateSource(
                genesis,
                keys.node(),
                selfSigned(),
                new IssuerRotation(genesis, self, this::messenger, this::issueToItself),
                staples,
                random,
                clock::millis);
        this.workers = open.keepExecutor(workers("node-work"));
        this.phases = open.keepExecutor(new ScheduledThreadPoolExecutor(1, daemon("node-phases")));
        phases.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.transport = open.keep(Transports.open(TransportConfig.builder(
                        genesis.networkId(),
                        keys.node().verifyKey(),
                        certificates,
                        new PhaseVerifier(leaves, () -> certificatePhase))
                .bind(config.listen())
                .build()));
        this.messenger = open.keep(Messengers.over(transport));
        config.peers().forEach(messenger::route);
        this.traditional = config.traditionalDns().map(StubTraditionalResolver::new);
        this.watch = new PeerWatch(messenger, otherValidators(), workers, clock, this::nudge);
        this.ownName = new OwnName(
                config.name(), transport.localAddress(), ledger, transactions, outside(), workers, clock, this::nudge);
        FinalizedAssetRegistry.Fed fed = FinalizedAssetRegistry.fedBy(ledger);
        open.keep(fed.subscription());
        this.assets = fed.registry();
        open.keep(ledger.subscribe(1, (block, outcomes) -> {
            staples.blockFinalized();
            nudge();
        }));
        PackExchange exchange = open.keep(new PackExchange(
                genesis, keys.node(), messenger, packs, this::refusalOfPacks, ExchangeSettings.DEFAULT));
        this.repair = new ContentRepair(exchange, assets, workers, clock);
        this.presence = new PresenceBoard(ledger, certificates, clock, () -> certificatePhase);
        this.driver = new PhaseDriver(
                new PhaseMachine(
                        genesis,
                        self,
                        Ceilings.DEFAULT,
                        phaseStore.record().orElseGet(() -> PhaseRecord.initial(genesis.networkId(), self))),
                phaseStore,
                new FactFinder(
                        self,
                        transport.localAddress(),
                        ledger,
                        lightClient,
                        watch,
                        certificates,
                        leaves,
                        ownName::agreement,
                        clock),
                new Ports(),
                clock,
                phases);
        serve(open);
    }

    private void begin() {
        LOG.log(
                Level.INFO,
                "node {0} ({1}) of network {2} listens at {3}",
                config.name(),
                self,
                genesis.name(),
                transport.localAddress());
        new Rounds(phases, this::maintain, MAINTAIN_MILLIS_AT_THE_TOP).start();
        driver.start();
    }

    /** Keeps what was opened, so that it is closed in reverse order. */
    private static final class Opening {
        private final Deque<AutoCloseable> opened;

        Opening(Deque<AutoCloseable> opened) {
            this.opened = opened;
        }

        <T extends AutoCloseable> T keep(T part) {
            opened.push(part);
            return part;
        }

        <T extends ThreadPoolExecutor> T keepExecutor(T executor) {
            opened.push(() -> {
                executor.shutdownNow();
                if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
                    LOG.log(Level.WARNING, "work did not end within 5 s");
                }
            });
            return executor;
        }
    }

    private void serve(Opening open) {
        messenger.serve(Presence.SERVICE, Presence.MAX_REQUEST_BYTES, true, (peer, body) -> presence.encoded());
        if (genesis.validator(self).isPresent()) {
            FileTransparencyLog log = open.keep(FileTransparencyLog.open(
                    file("issued.log"), genesis.networkId(), self, keys.issuer(), clock::millis));
            LeafIssuer issuer = new LeafIssuer(genesis, keys.issuer(), log, this::refusalOfLeaf, random, clock::millis);
            ownIssuer = issuer;
            messenger.serve(
                    NodeRequest.ISSUE_SERVICE,
                    IssuanceRequest.MAX_BYTES,
                    true,
                    (peer, body) -> issue(issuer, peer, body));
        }
        AdaptiveResolver names = AdaptiveResolver.builder(
                        genesis, () -> namePhase, new OwnLedgerNames(ledger), lightClient, clock::millis)
                .traditional(outside())
                .shadow(workers, d -> LOG.log(Level.WARNING, "names diverge: {0}", d))
                .build();
        messenger.serve(
                NodeRequest.SERVICE,
                NodeRequest.MAX_BYTES,
                false,
                new NodeService(
                        ledger,
                        auth,
                        new NodeService.Parts(
                                this::status,
                                phaseStore::steps,
                                () -> certificatePhase,
                                () -> degraded,
                                names,
                                leaves,
                                assets,
                                this::cutTraditionalDns,
                                command -> driver.command(command, config.requestTimeout()),
                                config.requestTimeout(),
                                clock)));
    }

    private static List<LedgerModule> modules() {
        return List.of(
                new PolicyModule(),
                new NameModule(),
                new CertificateModule(),
                new AssetModule(),
                new NetworkPhaseModule());
    }

    private static DeferredLedger.FoundingState foundingState(LedgerTree tree) {
        Map<String, StateReader> founding = new TreeMap<>();
        for (LedgerModule module : modules()) {
            founding.put(module.name(), tree.state(tree.finalizedHead().id(), module.name()));
        }
        return (module, key) -> Optional.ofNullable(founding.get(module)).flatMap(s -> s.get(key));
    }

    private Path file(String name) {
        return data.path().resolve(name);
    }

    private Messenger messenger() {
        return messenger;
    }

    private TraditionalResolver outside() {
        return traditional.<TraditionalResolver>map(t -> t).orElse(TraditionalResolver.NONE);
    }

    private List<NodeId> otherValidators() {
        return genesis.validators().stream()
                .map(GenesisValidator::nodeId)
                .filter(id -> !id.equals(self))
                .toList();
    }

    private Credentials selfSigned() {
        return SelfSignedLeaf.create(keys.node(), genesis.networkId(), SELF_SIGNED_LIFE);
    }

    private OptionalLong firstPhase2Millis() {
        return ledger.read(NetworkPhaseModule.NAME, NetworkPhaseModule.checkpointKey(Phase.PARTIAL_FEDERATION))
                .map(NetworkPhase::decode)
                .map(p -> OptionalLong.of(p.timeMillis()))
                .orElseGet(OptionalLong::empty);
    }

    private Optional<String> refusalOfLeaf(NodeId subject) {
        boolean member = new GenesisMembership(genesis).isMember(subject)
                || ledger.read(PolicyState.MODULE, PolicyState.memberKey(subject))
                        .isPresent();
        return member
                ? Optional.empty()
                : Optional.of(
                        "it is not a member of this network. An operator enrolls it with: hypermesh policy enroll");
    }

    private Optional<String> refusalOfPacks(PeerIdentity client, PackAccess.Operation operation) {
        Action action = operation == PackAccess.Operation.GET ? Action.CONTENT_GET : Action.CONTENT_PUT;
        Decision decision = auth.decide(auth.authenticate(client), action, new Resource("/content"));
        if (!decision.allowed()) {
            return Optional.of(decision.explanation());
        }
        return operation == PackAccess.Operation.GET
                ? Optional.empty()
                : degraded.map(d -> "this node is DEGRADED: " + d);
    }

    /** Issues a leaf to the caller itself, and hands it over when its record is final, or after a short while in any case. */
    private byte[] issue(LeafIssuer issuer, PeerIdentity peer, byte[] body) {
        IssuanceRequest request = IssuanceRequest.decode(body);
        if (!request.subject().equals(peer.id())) {
            throw new HypermeshException(
                    Code.DENIED,
                    Retry.NEVER,
                    peer.id().toShortString() + " asked for a leaf of "
                            + request.subject().toShortString() + "; every node asks for itself");
        }
        issuance.take(peer.id(), clock.millis());
        return issueAndRecord(issuer, request).encode();
    }

    private IssuedLeaf issueToItself(IssuanceRequest request) {
        LeafIssuer issuer = ownIssuer;
        if (issuer == null) {
            throw new HypermeshException(
                    Code.WRONG_PHASE, Retry.WHOLE_OPERATION, "this node's issuer is not ready yet; it is asked again");
        }
        return issueAndRecord(issuer, request);
    }

    private IssuedLeaf issueAndRecord(LeafIssuer issuer, IssuanceRequest request) {
        IssuedLeaf issued = issuer.issue(request);
        try {
            recorder.record(LeafIssuer.instruction(issued)).get(ISSUE_HOLD_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(
                    Level.DEBUG,
                    "leaf of {0} delivered before its record is final",
                    request.subject().toShortString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return issued;
    }

    /** What the phase machine's commands do. */
    private final class Ports implements PhaseDriver.Actions {
        @Override
        public void swap(Port port, Phase phase) {
            switch (port) {
                case CERTIFICATES -> {
                    TrustPhase before = certificatePhase;
                    certificatePhase = TrustPhase.of(phase.number());
                    if (phase == Phase.FULL_FEDERATION && before != certificatePhase) {
                        // peers that were let in under weaker rules prove themselves again
                        messenger.reconnect();
                    }
                }
                case NAMES -> namePhase = TrustPhase.of(phase.number());
                case CONSENSUS -> {
                    if (phase != Phase.TRADITIONAL) {
                        startConsensus();
                    }
                }
                case BYZANTINE_DETECTION ->
                    LOG.log(
                            Level.DEBUG,
                            "contradictions of validators are recorded by consensus in Phase {0}",
                            phase.number());
            }
        }

        @Override
        public void requestLeaf() {
            work(certificateWork, NodeRuntime.this::renew);
        }

        @Override
        public void attest(Phase phase, Fact openedBy) {
            if (!attesting.compareAndSet(false, true)) {
                return;
            }
            transactions
                    .send(NetworkPhaseModule.NAME, new Readiness(phase).encode())
                    .toCompletableFuture()
                    .orTimeout(RENEWAL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .whenComplete((receipt, failure) -> {
                        attesting.set(false);
                        if (failure != null) {
                            LOG.log(Level.DEBUG, "readiness for Phase {0} not attested: {1}", phase.number(), failure);
                        }
                        nudge();
                    });
        }

        @Override
        public void degraded(boolean isDegraded, String reason) {
            degraded = isDegraded ? Optional.of(reason) : Optional.empty();
            if (!isDegraded) {
                repair.again();
            }
        }
    }

    private void startConsensus() {
        if (consensus != null) {
            return;
        }
        Mempool pool = new Mempool(
                genesis,
                modules().stream().map(LedgerModule::name).toList(),
                tree.nonces(tree.finalizedHead().id()),
                Mempool.Limits.DEFAULT,
                signatures);
        Optional<ConsensusConfig.Voting> voting = genesis.validator(self)
                .map(v -> new ConsensusConfig.Voting(
                        keys.voting(), file("votes.log"), keys.voteLogId(), this::rememberVoteLog));
        ConsensusNode node = new ConsensusNode(
                new ConsensusConfig(genesis, tree, new PooledTransactions(pool, tree), blocks, messenger, voting));
        synchronized (parts) {
            parts.push(node);
        }
        ledger.attach(node, node::start);
        consensus = node;
        recorder.retry();
        nudge();
    }

    /** The vote log's name goes into the keystore, away from the data, so that a lost or rolled-back log is noticed. */
    private void rememberVoteLog(byte[] id) {
        try (SecretBytes passphrase = config.passphrase().read()) {
            new KeystoreFile(config.keystoreFile()).replace(keys.withVoteLogId(id), passphrase);
        }
        LOG.log(Level.INFO, "a new vote log begins");
    }

    private void nudge() {
        driver.nudge();
    }

    /**
     * Everything that is due now and then; on the phases' thread, which only hands work out. Gives the milliseconds until
     * the next time.
     */
    private long maintain() {
        boolean rising = certificatePhase != TrustPhase.PHASE_3 || degraded.isPresent();
        watch.ask(rising ? ASK_PEERS_MILLIS_WHILE_RISING : ASK_PEERS_MILLIS_AT_THE_TOP);
        recorder.retry();
        ownName.pursue();
        repair.pursue(ledger.isStarted() && degraded.isEmpty());
        long now = clock.millis();
        Credentials current = certificates.current();
        boolean issued = isIssued(current);
        if (certificates.renewalDue(now)) {
            if (!issued) {
                certificates.install(selfSigned());
            } else {
                work(certificateWork, this::renew);
            }
        } else if (issued && ledger.isStarted() && stapleDue(current, now)) {
            work(certificateWork, this::refreshStaple);
        }
        return rising ? MAINTAIN_MILLIS_WHILE_RISING : MAINTAIN_MILLIS_AT_THE_TOP;
    }

    /** Issuers sign with Ed25519, nodes for themselves with the leaf's own ECDSA key; names may be the same. */
    private static boolean isIssued(Credentials credentials) {
        return credentials.chain().get(0).getSigAlgOID().equals(ED25519_OID);
    }

    private boolean holds(Credentials credentials) {
        return isIssued(credentials) && credentials.chain().get(0).getNotAfter().getTime() > clock.millis();
    }

    /** A staple is refreshed long before peers would call it too old. */
    private boolean stapleDue(Credentials credentials, long now) {
        byte[] staple = credentials.staple();
        if (staple.length == 0) {
            return true;
        }
        long refreshAfter = Math.max(60_000, 2L * genesis.parameters().heartbeatMillis());
        return now - StateProof.decode(staple).header().timeMillis() > refreshAfter;
    }

    private void renew() {
        Credentials before = certificates.current();
        Credentials fresh = certificates.renew(RENEWAL_PATIENCE);
        if (certificatePhase != TrustPhase.PHASE_0 && !holds(before)) {
            // peers let this node in as a bare member; now it can prove more
            messenger.reconnect();
        }
        LOG.log(
                Level.INFO,
                "certificate issued by {0}, until {1}",
                fresh.chain().get(0).getIssuerX500Principal(),
                fresh.chain().get(0).getNotAfter().toInstant());
        nudge();
    }

    private void refreshStaple() {
        try {
            certificates.refreshStaple(STAPLE_PATIENCE);
        } catch (HypermeshException e) {
            if (e.code() != Code.TIMEOUT || certificates.current().staple().length > 0) {
                throw e;
            }
            // its issuer may have gone before it could record the leaf: another one may do better
            renew();
        }
        nudge();
    }

    /** Hands work to the workers unless the same is under way. */
    private void work(AtomicBoolean underWay, Runnable task) {
        if (!underWay.compareAndSet(false, true)) {
            return;
        }
        try {
            workers.execute(() -> {
                try {
                    task.run();
                } catch (CodedException e) {
                    LOG.log(Level.INFO, "tried again later: {0}", e.getMessage());
                } finally {
                    underWay.set(false);
                }
            });
        } catch (RejectedExecutionException e) {
            underWay.set(false);
        }
    }

    private void cutTraditionalDns() {
        traditional.ifPresent(t -> t.enabled(false));
        LOG.log(Level.INFO, "traditional DNS is off until the next start");
    }

    /**
     * Where the node listens.
     *
     * @return address and port
     */
    public InetSocketAddress address() {
        return transport.localAddress();
    }

    /**
     * Where the node stands.
     *
     * @return its status
     */
    public NodeStatus status() {
        ConsensusNode node = consensus;
        Optional<ConsensusStatus> standing = node == null ? Optional.empty() : Optional.of(node.status());
        X509Certificate leaf = certificates.current().chain().get(0);
        return new NodeStatus(
                config.name(),
                self,
                driver.status().phase().number(),
                degraded.isPresent(),
                standing.map(ConsensusStatus::view).orElse(0L),
                standing.map(ConsensusStatus::finalizedHeight).orElse(0L),
                standing.map(ConsensusStatus::finalizedId)
                        .orElse(tree.finalizedHead().id()),
                standing.map(ConsensusStatus::stateRoot).orElse(online.hypermesh.stoq.base.crypto.Digest.ZERO),
                standing.map(ConsensusStatus::votesAboveView).orElse(0L),
                standing.map(ConsensusStatus::signing).orElse("no consensus in Phase 0"),
                standing.map(ConsensusStatus::peersReachable).orElse(1),
                leaf.getNotAfter().getTime(),
                leaf.getIssuerX500Principal().getName(),
                packs.count(),
                packs.bytes(),
                traditional.map(StubTraditionalResolver::isEnabled).orElse(false),
                clock.millis(),
                ProcessHandle.current().pid(),
                startedAtMillis,
                waitsFor());
    }

    private String waitsFor() {
        Optional<String> failure = driver.failure();
        if (failure.isPresent()) {
            return "a restart: " + failure.get();
        }
        String facts = driver.status().missing().stream()
                .map(f -> f.name() + " (" + f.remedy() + ")")
                .collect(Collectors.joining("; "));
        return facts.isEmpty() ? degraded.map(d -> "the quorum: " + d).orElse("") : facts;
    }

    private static ThreadPoolExecutor workers(String name) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                WORKERS, WORKERS, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WORK_WAITING), daemon(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ThreadFactory daemon(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler(
                    (t, e) -> LOG.log(Level.ERROR, "thread " + t.getName() + " ended by a defect", e));
            return thread;
        };
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Deque<AutoCloseable> open;
            synchronized (parts) {
                open = new ArrayDeque<>(parts);
                parts.clear();
            }
            closeAll(open);
            LOG.log(Level.INFO, "node {0} stopped", config.name());
        }
    }

    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            try {
                part.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (CodedException e) {
                LOG.log(
                        Level.WARNING,
                        "{0} did not close in order: {1}",
                        part.getClass().getSimpleName(),
                        e.getMessage());
            } catch (Exception e) {
                LOG.log(Level.ERROR, part.getClass().getSimpleName() + " did not close in order", e);
            }
        }
    }
}
