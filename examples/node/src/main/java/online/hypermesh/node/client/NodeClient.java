package online.hypermesh.node.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.bootstrap.SignedPhaseCommand;
import online.hypermesh.impl.asset.AssetModule;
import online.hypermesh.impl.asset.AssetRegistration;
import online.hypermesh.impl.content.ChunkIndex;
import online.hypermesh.impl.content.ContentKeys;
import online.hypermesh.impl.content.ContentReader;
import online.hypermesh.impl.content.ContentWriter;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.impl.content.StoredContent;
import online.hypermesh.impl.content.exchange.ExchangeSettings;
import online.hypermesh.impl.content.exchange.RemotePackStore;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.FollowingLightClient;
import online.hypermesh.impl.ledger.ValidatorsModule;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.operation.AssetEntry;
import online.hypermesh.node.operation.CheckedLeaf;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.node.operation.PhaseStep;
import online.hypermesh.node.operation.ResolvedName;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.trustchain.api.names.ResolutionResult;

/**
 * A client of a network with an identity of its own. It trusts the founding document, or a checkpoint, and nothing else: nodes
 * are known by their keys, receipts and state proofs are verified against the validators' signatures, content is sealed and
 * opened here. Thread-safe.
 */
public final class NodeClient implements AutoCloseable {
    /** Longest wait for a transaction to become final. */
    public static final Duration FINALITY_PATIENCE = Duration.ofSeconds(30);

    private static final Duration SELF_SIGNED_LIFE = Duration.ofHours(12);

    private final Genesis genesis;
    private final NetworkId network;
    private final NodeKeys keys;
    private final Messenger messenger;
    private final Certification certification;
    private final LightClient lightClient;
    private final NameCheck nameCheck;
    private final ContentKeys contentKeys;
    private final ChunkIndex chunks;
    private final Duration timeout;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final AtomicLong lastNonce = new AtomicLong();

    private NodeClient(
            Genesis genesis,
            NodeKeys keys,
            Messenger messenger,
            ClientCertificate certificate,
            LightClient lightClient,
            Duration timeout,
            ChunkIndex chunks,
            InstantSource clock) {
        this.genesis = genesis;
        this.network = genesis.networkId();
        this.keys = keys;
        this.messenger = messenger;
        this.clock = clock;
        this.lightClient = lightClient;
        this.certification = new Certification(
                genesis, keys.node(), messenger, certificate, lightClient, timeout, Clock.systemUTC());
        this.nameCheck = new NameCheck(genesis, lightClient);
        this.contentKeys = ContentKeys.fromSeed(keys.contentSeed().toBytes());
        this.chunks = chunks;
        this.timeout = timeout;
    }

    /**
     * Opens a client that begins with the founding document; connections are made when needed.
     *
     * @param genesis the network, trusted
     * @param keys the client's identity and content secrets; not closed
     * @param nodes where the nodes are
     * @param timeout longest wait for one answer
     * @param chunks what the client stored already; not closed
     * @return the client
     */
    public static NodeClient open(
            Genesis genesis, NodeKeys keys, List<Endpoint> nodes, Duration timeout, ChunkIndex chunks) {
        return open(genesis, keys, Optional.empty(), nodes, timeout, chunks);
    }

    /**
     * Opens a client that begins with a checkpoint, where there is one: the founding document may then be older than the trust
     * period, and its validators may all have left. The nodes are asked for the header that it names.
     *
     * @param genesis the network, trusted
     * @param keys the client's identity and content secrets; not closed
     * @param checkpoint from somebody trusted
     * @param nodes where nodes are; each may be a validator or not, and proves by its key that it is the one named
     * @param timeout longest wait for one answer
     * @param chunks what the client stored already; not closed
     * @return the client
     * @throws HypermeshException CHECKPOINT_TOO_OLD when the checkpoint is older than the trust period, INVALID_PROOF when the
     *     nodes show another end of its epoch, NOT_FOUND when none shows any
     */
    public static NodeClient open(
            Genesis genesis,
            NodeKeys keys,
            Optional<TrustedCheckpoint> checkpoint,
            List<Endpoint> nodes,
            Duration timeout,
            ChunkIndex chunks) {
        return open(genesis, keys, checkpoint, nodes, timeout, chunks, InstantSource.system());
    }

    static NodeClient open(
            Genesis genesis,
            NodeKeys keys,
            Optional<TrustedCheckpoint> checkpoint,
            List<Endpoint> nodes,
            Duration timeout,
            ChunkIndex chunks,
            InstantSource clock) {
        ClientCertificate certificate =
                new ClientCertificate(SelfSignedLeaf.create(keys.node(), genesis.networkId(), SELF_SIGNED_LIFE));
        Set<NodeId> known = new LinkedHashSet<>();
        genesis.validators().forEach(v -> known.add(v.nodeId()));
        nodes.forEach(n -> known.add(n.id()));
        TransportConfig config = TransportConfig.builder(
                        genesis.networkId(), keys.node().verifyKey(), certificate, new PinnedPeers(known))
                .bind(new InetSocketAddress(loopbackOrAny(nodes), 0))
                .build();
        Messenger messenger = Messengers.over(Transports.open(config));
        boolean opened = false;
        try {
            nodes.forEach(messenger::route);
            HandOvers handOvers = new HandOvers(messenger, known, timeout);
            CertificateLightClient begun = checkpoint.isPresent()
                    ? handOvers.trusting(genesis, checkpoint.get(), CertificateLightClient.DEFAULT_TRUST_PERIOD, clock)
                    : new CertificateLightClient(genesis, CertificateLightClient.DEFAULT_TRUST_PERIOD, clock);
            NodeClient client = new NodeClient(
                    genesis,
                    keys,
                    messenger,
                    certificate,
                    new FollowingLightClient(begun, handOvers::of),
                    timeout,
                    chunks,
                    clock);
            opened = true;
            return client;
        } finally {
            if (!opened) {
                messenger.close();
            }
        }
    }

    private static InetAddress loopbackOrAny(List<Endpoint> nodes) {
        boolean local = nodes.stream().allMatch(n -> n.address().getAddress().isLoopbackAddress());
        try {
            return InetAddress.getByName(local ? "::1" : "::");
        } catch (UnknownHostException e) {
            throw new IllegalStateException("a literal address always resolves", e);
        }
    }

    /** What came of storing a file. */
    public record StoredFile(Asset asset, StoredContent content, int replicas, long height) {}

    /**
     * The client's identity.
     *
     * @return its id
     */
    public NodeId id() {
        return keys.id();
    }

    /**
     * Sets or replaces the address of a node.
     *
     * @param endpoint where it is
     */
    public void route(Endpoint endpoint) {
        messenger.route(endpoint);
    }

    /**
     * Gets a leaf from a node's issuer and authenticates with it from now on, with proof of its record as soon as the network
     * has a ledger. Needed from Phase 1 on, where a self-signed leaf reaches nothing but this. Until this client is closed the
     * leaf is renewed before it ends, by that issuer or another one that answers.
     *
     * @param issuer the validator to ask
     */
    public void certify(NodeId issuer) {
        certification.certify(issuer);
    }

    /**
     * When the leaf that this client presents ends; renewals move it.
     *
     * @return empty before {@link #certify}
     */
    public Optional<Instant> certifiedUntil() {
        return certification.endsAt();
    }

    /**
     * Gets a further leaf from a node's issuer, without using it.
     *
     * @param issuer the validator to ask
     * @return the leaf
     */
    public X509Certificate furtherLeaf(NodeId issuer) {
        return certification.further(issuer);
    }

    /**
     * Where a node stands.
     *
     * @param node whom to ask
     * @return its status
     */
    public NodeStatus status(NodeId node) {
        return NodeStatus.decode(ask(node, new NodeRequest.Status(), timeout));
    }

    /**
     * The phases a node passed.
     *
     * @param node whom to ask
     * @return steps in order
     */
    public List<PhaseStep> phases(NodeId node) {
        CborReader r = new CborReader(ask(node, new NodeRequest.PhaseHistory(), timeout));
        List<PhaseStep> steps = r.list(PhaseStep.MAX_STEPS, PhaseStep::readFrom);
        r.end();
        return steps;
    }

    /**
     * Signs a transaction, hands it to a node, and waits until it is final; the receipt is verified.
     *
     * @param node whom to hand it to
     * @param module the ledger module
     * @param payload the module's instruction
     * @return the receipt; its outcome may be a refusal
     * @throws HypermeshException INVALID_PROOF when the node's receipt does not hold, and the node's own failures
     */
    public Receipt submit(NodeId node, String module, byte[] payload) {
        return submitAs(node, keys.node(), module, payload);
    }

    /**
     * Hands a transaction that somebody signed to a node and waits until it is final; the receipt is verified.
     *
     * @param node whom to hand it to
     * @param sender whose transaction it is
     * @param module the ledger module
     * @param payload the module's instruction
     * @return the receipt; its outcome may be a refusal
     */
    Receipt submitAs(NodeId node, SigningKey sender, String module, byte[] payload) {
        long now = TimeUnit.MILLISECONDS.toMicros(clock.millis());
        long nonce = lastNonce.updateAndGet(last -> Math.max(last + 1, now));
        Transaction transaction = Transaction.sign(network, sender, nonce, module, payload);
        Receipt receipt = Receipt.decode(ask(
                node,
                new NodeRequest.Submit(transaction.encode(), (int) FINALITY_PATIENCE.toMillis()),
                FINALITY_PATIENCE.plus(timeout)));
        if (!receipt.transactionId().equals(transaction.id())) {
            throw unproven("the receipt is of another transaction");
        }
        require(lightClient.verify(receipt));
        return receipt;
    }

    /**
     * The newest end of an epoch that this client believes: what somebody else, who trusts this client's owner, may begin with.
     *
     * @param node whom to have it proven by
     * @return the checkpoint; empty while the first epoch lasts
     */
    public Optional<TrustedCheckpoint> checkpoint(NodeId node) {
        while (true) {
            long epoch = provenEpoch(node);
            Optional<byte[]> id = prove(node, ValidatorChange.MODULE, ValidatorsModule.endedWithKey())
                    .value();
            if (epoch == provenEpoch(node)) {
                return id.map(bytes -> new TrustedCheckpoint(epoch - 1, Digest.of(bytes)));
            }
        }
    }

    /** The epoch that the proven state stands in. */
    long provenEpoch(NodeId node) {
        return prove(node, ValidatorChange.MODULE, ValidatorsModule.epochKey())
                .value()
                .map(ValidatorsModule::epochIn)
                .orElseThrow(() -> unproven("the state has no epoch"));
    }

    /**
     * As {@link #submit}, and requires that the transaction took effect.
     *
     * @param node whom to hand it to
     * @param module the ledger module
     * @param payload the module's instruction
     * @return the receipt
     * @throws HypermeshException DENIED with the ledger's reason when it was refused
     */
    public Receipt apply(NodeId node, String module, byte[] payload) {
        Receipt receipt = submit(node, module, payload);
        if (receipt.outcome() instanceof Outcome.Refused refused) {
            throw new HypermeshException(
                    Code.DENIED, Retry.NEVER, "the ledger refused: " + refused.code() + ", " + refused.detail());
        }
        return receipt;
    }

    /**
     * Proves a value or its absence; the proof is verified.
     *
     * @param node whom to ask
     * @param module the ledger module
     * @param key the key
     * @return the proof
     */
    public StateProof prove(NodeId node, String module, byte[] key) {
        StateProof proof = StateProof.decode(ask(node, new NodeRequest.Prove(module, key), timeout));
        if (!proof.module().equals(module) || !java.util.Arrays.equals(proof.key(), key)) {
            throw unproven("the proof is of another key");
        }
        require(lightClient.verify(proof));
        return proof;
    }

    /**
     * Resolves a name; an answer from the ledger must carry a recent proof about this name that holds and says the same, and
     * one from outside counts only if the node proves that the network's phase leaves such names to the outside.
     *
     * @param node whom to ask
     * @param name the name
     * @param verifier checks the proof
     * @return the answer
     * @throws HypermeshException INVALID_PROOF when the answer is not to be believed
     */
    public ResolutionResult resolve(NodeId node, String name, LightClient verifier) {
        ResolutionResult result = ResolvedName.decode(ask(node, new NodeRequest.Resolve(name), timeout))
                .result();
        return nameCheck.believed(
                name,
                result,
                verifier,
                () -> StateProof.decode(ask(
                        node,
                        new NodeRequest.Prove(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey()),
                        timeout)),
                System.currentTimeMillis());
    }

    /**
     * Resolves a name as {@link #resolve(NodeId, String, LightClient)} with this client's own verifier.
     *
     * @param node whom to ask
     * @param name the name
     * @return the answer
     */
    public ResolutionResult resolve(NodeId node, String name) {
        return resolve(node, name, lightClient);
    }

    /**
     * The certificate chain a node presents to this client now.
     *
     * @param node the node; it is asked something when there is no connection yet
     * @return leaf first
     */
    public List<X509Certificate> chainOf(NodeId node) {
        Optional<PeerIdentity> peer = messenger.connected(node);
        if (peer.isEmpty()) {
            status(node);
            peer = messenger.connected(node);
        }
        return peer.map(PeerIdentity::leaf)
                .orElseThrow(() -> new HypermeshException(
                        Code.CLOSED, Retry.WHOLE_OPERATION, "the connection to " + node.toShortString() + " was lost"));
    }

    /**
     * Lets a node judge a leaf by its phase's rules.
     *
     * @param judge whom to ask
     * @param chain leaf first
     * @return what it decided
     */
    public CheckedLeaf validate(NodeId judge, List<X509Certificate> chain) {
        List<byte[]> der = new ArrayList<>();
        for (X509Certificate certificateInChain : chain) {
            try {
                der.add(certificateInChain.getEncoded());
            } catch (CertificateEncodingException e) {
                throw new IllegalArgumentException("a certificate of the chain cannot be encoded", e);
            }
        }
        return CheckedLeaf.decode(ask(judge, new NodeRequest.ValidateLeaf(der, new byte[0]), timeout));
    }

    /**
     * All registered assets.
     *
     * @param node whom to ask
     * @return in the order of registration
     */
    public List<Asset> assets(NodeId node) {
        List<Asset> all = new ArrayList<>();
        List<AssetEntry> page;
        do {
            CborReader r =
                    new CborReader(ask(node, new NodeRequest.ListAssets(all.size(), NodeRequest.MAX_ASSETS), timeout));
            page = r.list(NodeRequest.MAX_ASSETS, AssetEntry::readFrom);
            r.end();
            page.forEach(e -> all.add(e.asset()));
        } while (page.size() == NodeRequest.MAX_ASSETS);
        return all;
    }

    /**
     * One registered asset; what the node says of it must be what the finalized state says.
     *
     * @param node whom to ask
     * @param id the asset's id
     * @return the asset
     * @throws StoqException REMOTE_FAILURE with remote code NOT_FOUND when it is not finalized there
     * @throws HypermeshException INVALID_PROOF when the node's answer is not proven
     */
    public Asset asset(NodeId node, Digest id) {
        byte[] told = ask(node, new NodeRequest.FindAsset(id), timeout);
        Asset proven = prove(node, AssetModule.NAME, AssetModule.assetKey(id))
                .value()
                .map(AssetModule::decode)
                .orElseThrow(() -> unproven("asset " + id.toHex() + " is not in the finalized state"));
        CborWriter w = new CborWriter(told.length);
        new AssetEntry(proven).writeTo(w);
        if (!java.util.Arrays.equals(w.toBytes(), told)) {
            throw unproven("what it says of asset " + id.toHex() + " differs from the finalized state");
        }
        return proven;
    }

    /**
     * The newest asset that this client registered under a label, by the finalized state.
     *
     * @param node whom to ask
     * @param label the label
     * @return the asset
     * @throws HypermeshException NOT_FOUND when it is proven that there is none
     */
    public Asset newest(NodeId node, String label) {
        StateProof proof = prove(node, AssetModule.NAME, AssetModule.labelKey(keys.id(), label));
        byte[] id = proof.value()
                .orElseThrow(() -> new HypermeshException(
                        Code.NOT_FOUND,
                        Retry.NEVER,
                        "no asset of " + keys.id().toShortString() + " with label \"" + label + "\" at height "
                                + proof.height() + ". Give its id, or look at the label it was stored with"));
        return asset(node, Digest.of(id));
    }

    /**
     * Stores a file: chunks and seals it here, hands the packs to a node, has them attested by as many validators as the
     * network demands, and registers the content in the ledger. When this returns, the file is acknowledged: its bytes are
     * durable on those validators and its manifest is final.
     *
     * @param node through which node
     * @param file the file
     * @param label public name, 1..255 bytes of UTF-8
     * @param progress hears how many bytes of the file were read so far
     * @return what came of it
     * @throws IOException when the file cannot be read
     */
    public StoredFile put(NodeId node, Path file, String label, LongConsumer progress) throws IOException {
        StoredContent content;
        List<StorageReceipt> receipts;
        certification.ensureValid();
        try (RemotePackStore packs = new RemotePackStore(messenger, node, ExchangeSettings.DEFAULT)) {
            ContentWriter writer = new ContentWriter(network, keys.node(), contentKeys, chunks, packs, random);
            try (InputStream in = new CountedInput(Files.newInputStream(file), progress)) {
                content = writer.write(in);
            }
            receipts = packs.commit(content.reference().packListId());
        }
        Receipt receipt = apply(
                node,
                AssetModule.NAME,
                AssetRegistration.of(label, content, receipts).encode());
        Asset asset = new Asset(
                receipt.transactionId(),
                keys.id(),
                label,
                content.reference().packListId(),
                content.reference().packCount(),
                content.reference().manifestPacks(),
                content.reference().envelope(),
                content.storedBytes(),
                receipt.height());
        return new StoredFile(asset, content, receipts.size(), receipt.height());
    }

    /**
     * Reads stored content back; everything is verified on the way, and the whole when this returns.
     *
     * @param node through which node
     * @param asset what to read
     * @param to where it goes; not closed
     * @return length and SHA-256
     * @throws IOException when writing fails
     */
    public ContentReader.Content get(NodeId node, Asset asset, OutputStream to) throws IOException {
        certification.ensureValid();
        try (RemotePackStore packs = new RemotePackStore(messenger, node, ExchangeSettings.DEFAULT)) {
            return new ContentReader(network, contentKeys, packs).read(asset, to);
        }
    }

    /**
     * Tells a node never to ask the traditional name system again.
     *
     * @param node the node
     */
    public void cutTraditionalDns(NodeId node) {
        ask(node, new NodeRequest.CutTraditionalDns(), timeout);
    }

    /**
     * Orders a node back to a lower phase until a time; afterwards it follows the network again. The order is signed with this
     * client's node key, which must be an operator's.
     *
     * @param node the node
     * @param to the lower phase, 1 or 2
     * @param validity how long, at most 24 h
     * @return the node's status afterwards
     */
    public NodeStatus lowerPhase(NodeId node, int to, Duration validity) {
        long now = System.currentTimeMillis();
        SignedPhaseCommand command = SignedPhaseCommand.sign(
                new SignedPhaseCommand.Order(
                        network, node, Phase.of(status(node).phase()), Phase.of(to), now, now + validity.toMillis()),
                keys.node());
        return NodeStatus.decode(ask(node, new NodeRequest.LowerPhase(command.encode()), timeout));
    }

    /**
     * The network.
     *
     * @return its founding document
     */
    public Genesis genesis() {
        return genesis;
    }

    private byte[] ask(NodeId node, NodeRequest request, Duration deadline) {
        certification.ensureValid();
        return messenger.request(node, NodeRequest.SERVICE, request.encode(), deadline);
    }

    private static void require(Verdict verdict) {
        if (verdict instanceof Verdict.Rejected rejected) {
            if (rejected.code() == Code.CHECKPOINT_TOO_OLD) {
                throw new HypermeshException(
                        Code.CHECKPOINT_TOO_OLD,
                        Retry.NEVER,
                        rejected.detail()
                                + ": on a node or client of theirs, hypermesh checkpoint prints it. Begin with it by"
                                + " --checkpoint EPOCH:ID");
            }
            throw unproven(rejected.code() + ", " + rejected.detail());
        }
    }

    static HypermeshException unproven(String why) {
        return new HypermeshException(
                Code.INVALID_PROOF,
                Retry.WHOLE_OPERATION,
                "the node's answer is not proven: " + why + ". Ask another node");
    }

    @Override
    public void close() {
        certification.close();
        messenger.close();
        contentKeys.close();
    }
}
