package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateEntries;
import online.hypermesh.auth.LedgerAuthProvider;
import online.hypermesh.auth.Members;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.AuthProvider;
import online.hypermesh.auth.api.Decision;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.bootstrap.Ceilings;
import online.hypermesh.bootstrap.Checkpoint;
import online.hypermesh.bootstrap.Fact;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.bootstrap.PhaseMachine;
import online.hypermesh.bootstrap.PhaseRecord;
import online.hypermesh.bootstrap.Port;
import online.hypermesh.bootstrap.Readiness;
import online.hypermesh.impl.asset.FinalizedAssetRegistry;
import online.hypermesh.impl.consensus.driver.ConsensusConfig;
import online.hypermesh.impl.content.exchange.ExchangeSettings;
import online.hypermesh.impl.content.exchange.PackAccess;
import online.hypermesh.impl.content.exchange.PackExchange;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.FollowingLightClient;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.impl.storage.SegmentPackStorage;
import online.hypermesh.node.config.NodeConfig;
import online.hypermesh.node.keys.KeystoreFile;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.GenesisFile;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.node.operation.PhaseStep;
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
import online.hypermesh.trustchain.api.certificates.Membership;
import online.hypermesh.trustchain.api.names.TraditionalResolver;
import online.hypermesh.trustchain.ca.LeafIssuer;
import online.hypermesh.trustchain.ca.RenewingCertificateSource;
import online.hypermesh.trustchain.log.FileTransparencyLog;
import online.hypermesh.trustchain.names.AdaptiveResolver;
import online.hypermesh.trustchain.names.OwnLedgerNames;
import online.hypermesh.trustchain.names.StubTraditionalResolver;
import online.hypermesh.trustchain.verify.GenesisMembership;
import online.hypermesh.trustchain.verify.LeafValidator;
import online.hypermesh.trustchain.verify.LedgerFinalizedState;
import online.hypermesh.trustchain.verify.PhaseVerifier;

/**
 * A running node: every part of the suite, wired, and driven through the phases. Thread-safe.
 */
public final class NodeRuntime implements AutoCloseable {
    private static final Logger LOG = System.getLogger(NodeRuntime.class.getName());
    private static final Duration SELF_SIGNED_LIFE = Duration.ofHours(12);
    private static final Duration ATTEST_PATIENCE = Duration.ofSeconds(12);
    private static final long MAINTAIN_MILLIS_WHILE_RISING = 100;
    private static final long MAINTAIN_MILLIS_AT_THE_TOP = 1_000;
    private static final long ASK_PEERS_MILLIS_WHILE_RISING = 200;
    private static final long ASK_PEERS_MILLIS_AT_THE_TOP = 2_000;
    private static final int WORKERS = 6;
    private static final int WORK_WAITING = 256;

    private final NodeConfig config;
    private final Clock clock = Clock.systemUTC();
    private final SecureRandom random = new SecureRandom();
    private final OpenParts parts;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final long startedAtMillis = clock.millis();

    private final Genesis genesis;
    private final NodeKeys keys;
    private final NodeId self;
    private final DataDirectory data;
    private final SegmentPackStorage packs;
    private final NodeLedger nodeLedger;
    private final DeferredLedger ledger;
    private final LightClient lightClient;
    private final AuthProvider auth;
    private final LeafValidator leaves;
    private final NodeTransactions transactions;
    private final LeafRecorder recorder;
    private final IssuanceDesk issuance;
    private final LedgerStaples staples;
    private final RenewingCertificateSource certificates;
    private final Admission admission;
    private final Recognition recognition = new Recognition(random);
    private final Transport transport;
    private final Messenger messenger;
    private final ByzantineWatch byzantine;
    private final LeafUpkeep leafUpkeep;
    private final PeerWatch watch;
    private final OwnName ownName;
    private final Optional<StubTraditionalResolver> traditional;
    private final FinalizedAssetRegistry assets;
    private final ContentRepair repair;
    private final PhaseStore phaseStore;
    private final PhaseDriver driver;
    private final ThreadPoolExecutor workers;
    private final ScheduledThreadPoolExecutor phases;
    private final AtomicBoolean attesting = new AtomicBoolean();
    private final PresenceBoard presence;

    private volatile TrustPhase certificatePhase = TrustPhase.PHASE_0;
    private volatile TrustPhase namePhase = TrustPhase.PHASE_0;
    private volatile Optional<String> quorumLost = Optional.empty();

    /**
     * Starts a node.
     *
     * @param config everything it is told from outside
     * @param phaseEntered told of every phase it enters, as it happens; called on the phases' thread
     * @return the node, listening
     * @throws CodedException with what is wrong and the next step: CONFIGURATION, LOCKED, WRONG_NETWORK, CORRUPTED,
     *     ADDRESS_IN_USE and others; nothing stays open then
     */
    public static NodeRuntime start(NodeConfig config, Consumer<PhaseStep> phaseEntered) {
        OpenParts parts = new OpenParts();
        boolean running = false;
        try {
            NodeRuntime node = new NodeRuntime(config, phaseEntered, parts);
            node.begin();
            running = true;
            return node;
        } finally {
            if (!running) {
                parts.close();
            }
        }
    }

    private NodeRuntime(NodeConfig config, Consumer<PhaseStep> phaseEntered, OpenParts open) {
        this.config = config;
        this.parts = open;
        this.genesis = new GenesisFile(config.genesisFile()).read();
        try (SecretBytes passphrase = config.passphrase().read()) {
            this.keys = open.keep(new KeystoreFile(config.keystoreFile()).open(passphrase));
        }
        this.self = keys.id();
        this.data = open.keep(DataDirectory.open(config.dataDirectory(), genesis.networkId()));
        this.phaseStore = PhaseStore.open(file("phase.cbor"));
        this.nodeLedger = new NodeLedger(genesis, data.path(), open);
        this.ledger = nodeLedger.ledger();
        this.packs = open.keep(SegmentPackStorage.open(file("packs")));
        CertificateLightClient believed = new CertificateLightClient(genesis);
        this.lightClient = new FollowingLightClient(believed, epoch -> ownHandOver(believed, epoch));
        this.auth = new LedgerAuthProvider(ledger::read);
        Membership members = new GenesisMembership(genesis).or(new Members(ledger::read));
        this.leaves = LeafValidator.builder(genesis, lightClient, new LedgerFinalizedState(ledger))
                .members(members)
                .firstPhase2Millis(nodeLedger::firstPhase2Millis)
                .build();
        this.transactions = new NodeTransactions(genesis.networkId(), keys.node(), ledger, clock);
        this.recorder = new LeafRecorder(ledger, transactions);
        this.issuance = new IssuanceDesk(genesis, members, recorder, clock);
        this.staples = new LedgerStaples(ledger);
        this.certificates = new RenewingCertificateSource(
                genesis,
                keys.node(),
                selfSigned(),
                new IssuerRotation(genesis, self, this::messenger, this::isMarked, issuance::issueAndRecord),
                staples,
                random,
                clock::millis);
        this.workers = open.keepExecutor(workers("node-work"));
        this.phases = open.keepExecutor(new ScheduledThreadPoolExecutor(1, daemon("node-phases")));
        phases.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.byzantine = new ByzantineWatch(genesis, EvidenceFile.open(file("evidence.cbor"), genesis), workers, clock);
        this.admission = new Admission(new PhaseVerifier(leaves, () -> certificatePhase));
        this.transport = open.keep(Transports.open(
                TransportConfig.builder(genesis.networkId(), keys.node().verifyKey(), certificates, admission)
                        .bind(config.listen())
                        .build()));
        this.messenger = open.keep(new GuardedMessenger(Messengers.over(transport), byzantine::refusal, recognition));
        this.leafUpkeep = new LeafUpkeep(
                certificates,
                this::selfSigned,
                ledger,
                messenger,
                workers,
                clock,
                () -> certificatePhase != TrustPhase.PHASE_0,
                this::leafChanged);
        config.peers().forEach(messenger::route);
        this.traditional = config.traditionalDns().map(StubTraditionalResolver::new);
        this.watch = new PeerWatch(messenger, otherValidators(), workers, clock, this::nudge);
        this.ownName = new OwnName(
                config.name(), transport.localAddress(), ledger, transactions, outside(), workers, clock, this::nudge);
        FinalizedAssetRegistry.Fed fed = FinalizedAssetRegistry.fedBy(ledger);
        open.keep(fed.subscription());
        this.assets = fed.registry();
        open.keep(ledger.subscribe(1, new Ledger.Listener() {
            @Override
            public boolean begins(long height, StateEntries state) {
                return true;
            }

            @Override
            public void finalized(FinalizedBlock block, List<Outcome> outcomes) {
                staples.blockFinalized();
                nudge();
            }
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
                phaseEntered,
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
        driver.start(ownLedger());
        admission.open();
        new Rounds(phases, this::maintain, MAINTAIN_MILLIS_AT_THE_TOP).start();
    }

    /**
     * What the blocks on this node's disk say of the network's phase, read before anybody is admitted: a phase file can be lost
     * or be an old copy, the finalized chain cannot be talked back.
     */
    private Optional<Checkpoint> ownLedger() {
        if (!nodeLedger.hasBlocks()) {
            return Optional.empty();
        }
        startConsensus();
        return nodeLedger.networkPhase();
    }

    private void serve(OpenParts open) {
        messenger.serve(Presence.SERVICE, Presence.MAX_REQUEST_BYTES, true, (peer, body) -> presence.encoded());
        if (genesis.validator(self).isPresent()) {
            FileTransparencyLog log = open.keep(FileTransparencyLog.open(
                    file("issued.log"), genesis.networkId(), self, keys.issuer(), clock::millis));
            issuance.open(new LeafIssuer(genesis, keys.issuer(), log, issuance::refusal, random, clock::millis));
            messenger.serve(NodeRequest.ISSUE_SERVICE, IssuanceRequest.MAX_BYTES, true, issuance::issue);
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
                                this::degradation,
                                names,
                                leaves,
                                assets,
                                this::cutTraditionalDns,
                                command -> driver.command(command, config.requestTimeout()),
                                config.requestTimeout(),
                                clock)));
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

    private Optional<String> refusalOfPacks(PeerIdentity client, PackAccess.Operation operation) {
        Action action = operation == PackAccess.Operation.GET ? Action.CONTENT_GET : Action.CONTENT_PUT;
        Decision decision = auth.decide(auth.authenticate(client), action, new Resource("/content"));
        if (!decision.allowed()) {
            return Optional.of(decision.explanation());
        }
        return operation == PackAccess.Operation.GET
                ? Optional.empty()
                : degradation().map(d -> d.refusal().getMessage());
    }

    private boolean isMarked(NodeId validator) {
        return byzantine.isMarked(validator);
    }

    private Optional<Degradation> degradation() {
        return Degradation.of(nodeLedger.status(), quorumLost);
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
                case BYZANTINE_DETECTION -> byzantine.enter(phase);
            }
        }

        @Override
        public void requestLeaf() {
            leafUpkeep.request();
        }

        @Override
        public void attest(Phase phase, Fact openedBy) {
            if (!attesting.compareAndSet(false, true)) {
                return;
            }
            transactions
                    .send(NetworkPhaseModule.NAME, new Readiness(phase).encode())
                    .toCompletableFuture()
                    .orTimeout(ATTEST_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
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
            quorumLost = isDegraded ? Optional.of(reason) : Optional.empty();
            if (!isDegraded) {
                repair.again();
            }
        }
    }

    /** This node's own finalized chain needs no proof, whatever its age. */
    private Optional<HandOver> ownHandOver(CertificateLightClient believed, long epoch) {
        Optional<HandOver> own = ledger.handOver(epoch);
        own.ifPresent(h -> {
            believed.trust(epoch, h.signers(), h.header().timeMillis());
            believed.trust(epoch + 1, h.next(), h.header().timeMillis());
        });
        return own;
    }

    private void startConsensus() {
        Optional<ConsensusConfig.Voting> voting = genesis.validator(self)
                .map(v -> new ConsensusConfig.Voting(
                        keys.votingKeys(), file("votes.log"), keys.voteLogId(), this::rememberVoteLog));
        if (nodeLedger.start(messenger, voting, byzantine)) {
            byzantine.restore(
                    ledger::read,
                    height ->
                            ledger.block(height).map(b -> b.block().evidence()).orElse(List.of()));
            recorder.retry();
            nudge();
        }
    }

    /** The vote log's name goes into the keystore, away from the data, so that a lost or rolled-back log is noticed. */
    private void rememberVoteLog(byte[] id) {
        try (SecretBytes passphrase = config.passphrase().read()) {
            // Read anew: a command may have put a next voting key there.
            KeystoreFile keystore = new KeystoreFile(config.keystoreFile());
            try (NodeKeys kept = keystore.open(passphrase)) {
                keystore.replace(kept.withVoteLogId(id), passphrase);
            }
        }
        LOG.log(Level.INFO, "a new vote log begins");
    }

    private void leafChanged() {
        recognition.changed();
        nudge();
    }

    private void nudge() {
        driver.nudge();
    }

    /**
     * Everything that is due now and then; on the phases' thread, which only hands work out. Gives the milliseconds until
     * the next time.
     */
    private long maintain() {
        boolean rising = certificatePhase != TrustPhase.PHASE_3 || quorumLost.isPresent();
        watch.ask(rising ? ASK_PEERS_MILLIS_WHILE_RISING : ASK_PEERS_MILLIS_AT_THE_TOP);
        recorder.retry();
        ownName.pursue();
        repair.pursue(ledger.isStarted() && degradation().isEmpty());
        leafUpkeep.pursue();
        return rising ? MAINTAIN_MILLIS_WHILE_RISING : MAINTAIN_MILLIS_AT_THE_TOP;
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
     * Why its own consensus stopped for good, such as a disk that failed. The node goes on serving reads; somebody repairs the
     * cause and starts it again.
     *
     * @return SIGNING_STOPPED with what happened and what to do; empty while it has not
     */
    public Optional<HypermeshException> stopped() {
        return nodeLedger
                .status()
                .flatMap(ConsensusStatus::stopped)
                .map(why -> new HypermeshException(
                        Code.SIGNING_STOPPED,
                        Retry.NEVER,
                        "consensus of " + config.name() + " had " + why + ". The log is " + config.logFile()));
    }

    /**
     * Where the node stands.
     *
     * @return its status
     */
    public NodeStatus status() {
        Optional<ConsensusStatus> standing = nodeLedger.status();
        X509Certificate leaf = certificates.current().chain().get(0);
        return new NodeStatus(
                config.name(),
                self,
                driver.status().phase().number(),
                degradation().isPresent(),
                standing.map(ConsensusStatus::view).orElse(0L),
                standing.map(ConsensusStatus::finalizedHeight).orElse(0L),
                standing.map(ConsensusStatus::finalizedId).orElse(nodeLedger.foundingBlock()),
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
                waitsFor(),
                byzantine.marked(),
                recorder.warnings());
    }

    private String waitsFor() {
        Optional<String> failure = driver.failure();
        if (failure.isPresent()) {
            return "a restart: " + failure.get();
        }
        String facts = driver.status().missing().stream()
                .map(f -> f.name() + " (" + f.remedy() + ")")
                .collect(Collectors.joining("; "));
        return degradation()
                .map(d -> (d.code() == Code.SIGNING_STOPPED ? "a repair and a restart: " : "the quorum: ")
                        + d.reason()
                        + (facts.isEmpty() ? "" : "; " + facts))
                .orElse(facts);
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
            parts.close();
            LOG.log(Level.INFO, "node {0} stopped", config.name());
        }
    }
}
