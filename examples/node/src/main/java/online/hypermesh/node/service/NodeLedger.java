package online.hypermesh.node.service;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.consensus.EquivocationListener;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.auth.LedgerTransactionGate;
import online.hypermesh.auth.PolicyModule;
import online.hypermesh.bootstrap.Checkpoint;
import online.hypermesh.bootstrap.NetworkPhase;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.impl.asset.AssetModule;
import online.hypermesh.impl.consensus.driver.ConsensusConfig;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.impl.consensus.driver.PooledTransactions;
import online.hypermesh.impl.consensus.driver.Snapshots;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.impl.proof.PackAudit;
import online.hypermesh.impl.proof.ProofGate;
import online.hypermesh.impl.proof.ProofModule;
import online.hypermesh.impl.snapshot.SnapshotStore;
import online.hypermesh.impl.storage.HandOverLog;
import online.hypermesh.impl.storage.SegmentBlockStorage;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.trustchain.ca.CertificateModule;
import online.hypermesh.trustchain.names.NameModule;
import org.jspecify.annotations.Nullable;

/** The node's ledger: the blocks on its disk, its modules, and consensus once that has started. Thread-safe. */
final class NodeLedger {
    private final Genesis genesis;
    private final OpenParts parts;
    private final SegmentBlockStorage blocks;
    private final SnapshotStore snapshots;
    private final HandOverLog handOvers;
    private final SignatureCheck signatures = new SignatureCheck();
    private final LedgerTree tree;
    private final DeferredLedger ledger;
    private volatile @Nullable ConsensusNode consensus;

    /** @param directory the node's data */
    NodeLedger(Genesis genesis, Path directory, OpenParts parts) {
        this.genesis = genesis;
        this.parts = parts;
        this.blocks = parts.keep(SegmentBlockStorage.open(
                directory.resolve("blocks"), genesis.parameters().maxTransactionBytes()));
        this.snapshots = parts.keep(SnapshotStore.open(directory.resolve("snapshots"), genesis.networkId()));
        this.handOvers = parts.keep(HandOverLog.open(directory.resolve("epochs")));
        ProofGate gate = new ProofGate(new LedgerTransactionGate());
        this.tree = snapshots
                .newest()
                .map(base -> new LedgerTree(genesis, modules(), gate, signatures, base))
                .orElseGet(() -> new LedgerTree(genesis, modules(), gate, signatures));
        this.ledger = new DeferredLedger(genesis, foundingState(tree));
    }

    private static List<LedgerModule> modules() {
        return List.of(
                new PolicyModule(),
                new NameModule(),
                new CertificateModule(),
                new AssetModule(),
                new ProofModule(context -> CertificateLightClient.ofState(context)::verify, List.of(new PackAudit())),
                new NetworkPhaseModule());
    }

    private static DeferredLedger.FoundingState foundingState(LedgerTree tree) {
        Map<String, StateReader> founding = new TreeMap<>();
        for (LedgerModule module : modules()) {
            founding.put(module.name(), tree.state(tree.finalizedHead().id(), module.name()));
        }
        return (module, key) -> Optional.ofNullable(founding.get(module)).flatMap(s -> s.get(key));
    }

    /** The founding state until consensus starts, then the real ledger. */
    DeferredLedger ledger() {
        return ledger;
    }

    /** Whether there are finalized blocks on the disk. */
    boolean hasBlocks() {
        return blocks.height() > 0;
    }

    /** Replays the blocks on the disk and starts consensus, once; returns whether it did. */
    synchronized boolean start(
            Messenger messenger, Optional<ConsensusConfig.Voting> voting, EquivocationListener listener) {
        if (consensus != null) {
            return false;
        }
        Mempool pool = new Mempool(
                genesis,
                modules().stream().map(LedgerModule::name).toList(),
                tree.nonces(tree.finalizedHead().id()),
                Mempool.Limits.DEFAULT,
                signatures);
        ConsensusNode node = new ConsensusNode(
                new ConsensusConfig(genesis, tree, new PooledTransactions(pool, tree), blocks, messenger, voting)
                        .withSnapshots(new Snapshots(
                                snapshots, blocks, handOvers, tree, Snapshots.DEFAULT_WORK, OptionalLong.empty())));
        parts.keep(node.watchEquivocations(listener));
        parts.keep(node);
        ledger.attach(node, node::start);
        consensus = node;
        return true;
    }

    /** Where consensus stands; empty in Phase 0. */
    Optional<ConsensusStatus> status() {
        ConsensusNode node = consensus;
        return node == null ? Optional.empty() : Optional.of(node.status());
    }

    /** The block that everything begins with. */
    Digest foundingBlock() {
        return LedgerTree.genesisHeader(genesis).id();
    }

    /** The network's phase by the finalized state. */
    Optional<Checkpoint> networkPhase() {
        return ledger.read(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey())
                .map(NetworkPhase::decode)
                .map(Checkpoint::ofOwnState);
    }

    /** When the network entered Phase 2, by the finalized state. */
    OptionalLong firstPhase2Millis() {
        return ledger.read(NetworkPhaseModule.NAME, NetworkPhaseModule.checkpointKey(Phase.PARTIAL_FEDERATION))
                .map(NetworkPhase::decode)
                .map(p -> OptionalLong.of(p.timeMillis()))
                .orElseGet(OptionalLong::empty);
    }
}
