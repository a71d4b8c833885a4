package online.hypermesh.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.assembly.GenesisPeers;
import online.hypermesh.impl.assembly.LedgerNode;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.impl.snapshot.SnapshotService;
import online.hypermesh.impl.snapshot.SnapshotStore;
import online.hypermesh.impl.snapshot.StateSync;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.impl.storage.SegmentBlockStorage;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.messaging.Messengers;

/**
 * What a long history and a large state cost: starting again after it, and fetching it from untrusted nodes. Confined to one
 * thread.
 */
final class HistoryBench {
    /**
     * How much there is.
     *
     * @param operations in the history
     * @param stateBytes fetched
     */
    record Sizes(int operations, long stateBytes) {
        static final Sizes FULL = new Sizes(10_000_000, 1L << 30);
        static final Sizes QUICK = new Sizes(1_000_000, 256L << 20);
    }

    private static final Set<String> NAMES = new LinkedHashSet<>(
            List.of("restart_s", "replay_ops_s", "history_heap_ratio", "sync_mb_s", "sync_liar_ratio"));

    private static final int PER_BLOCK = 250;
    private static final int KEYS = 100_000;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final LedgerModule COUNTERS = LedgerModule.of("counters", (context, payload, state) -> {
        state.put(
                ByteBuffer.allocate(4).putInt(ByteBuffer.wrap(payload).getInt()).array(), payload);
        return Outcome.applied();
    });

    private final Sizes sizes;
    private final Report report;

    HistoryBench(Sizes sizes, Report report) {
        this.sizes = sizes;
        this.report = report;
    }

    /** Names of all metrics. */
    static Set<String> names() {
        return NAMES;
    }

    void run(Set<String> wanted, Consumer<String> progress) {
        Path directory = null;
        try {
            directory = Files.createTempDirectory("hypermesh-history");
            if (wanted.contains("restart_s")
                    || wanted.contains("replay_ops_s")
                    || wanted.contains("history_heap_ratio")) {
                restart(directory, progress);
            }
            if (wanted.contains("sync_mb_s") || wanted.contains("sync_liar_ratio")) {
                sync(directory, progress);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a file of the bench failed", e);
        } finally {
            if (directory != null) {
                Directories.delete(directory);
            }
        }
    }

    // ---------------------------------------------------------------- starting again

    /** What a process says of its start: seconds until the node was open, and bytes of live heap then. */
    private record Started(double seconds, double heapBytes) {}

    private void restart(Path directory, Consumer<String> progress) throws IOException {
        Started tenth = history(directory.resolve("tenth"), sizes.operations / 10, progress)
                .get(1);
        List<Started> whole = history(directory.resolve("whole"), sizes.operations, progress);
        report.metric("restart_s", whole.get(1).seconds);
        report.metric("replay_ops_s", sizes.operations / whole.get(0).seconds);
        report.metric("history_heap_ratio", whole.get(1).heapBytes / tenth.heapBytes);
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("operations", sizes.operations);
        rows.put("operations_per_block", PER_BLOCK);
        rows.put("state_entries", KEYS);
        rows.put("first_start_s", whole.get(0).seconds);
        rows.put("start_after_a_tenth_s", tenth.seconds);
        rows.put("heap_mb", whole.get(1).heapBytes / 1e6);
        report.baseline("restart_s", rows);
    }

    /** Starts of a node with a history on its disk: the first replays all of it, the second begins with a snapshot. */
    private static List<Started> history(Path directory, int operations, Consumer<String> progress) throws IOException {
        progress.accept("writing a history of " + operations + " operations");
        Genesis genesis = SyncedState.genesis("bench-history", 1);
        write(genesis, directory, operations);
        List<Started> starts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            starts.add(started(genesis, directory));
            progress.accept("start " + (i + 1) + " took " + starts.get(i).seconds + " s");
        }
        return starts;
    }

    private static void write(Genesis genesis, Path directory, int operations) {
        SigningKey sender = ConsensusReplica.key(0, ConsensusReplica.NODE_KEY);
        SigningKey voter = ConsensusReplica.key(0, ConsensusReplica.VOTING_KEY);
        LedgerTree tree = new LedgerTree(genesis, List.of(COUNTERS), TransactionGate.OPEN, new SignatureCheck());
        try (DataDirectory data = DataDirectory.open(directory, genesis.networkId());
                SegmentBlockStorage blocks = SegmentBlockStorage.open(
                        data.path().resolve("blocks"), genesis.parameters().maxTransactionBytes())) {
            for (int done = 0; done < operations; done += PER_BLOCK) {
                List<Bundle.Operation> all = new ArrayList<>();
                for (int i = 0; i < PER_BLOCK; i++) {
                    int key = (int) ((done + i) * 2_654_435_761L % KEYS);
                    all.add(new Bundle.Operation(
                            COUNTERS.name(),
                            ByteBuffer.allocate(8).putInt(key).putInt(done + i).array()));
                }
                BlockHeader head = tree.finalizedHead();
                Block block = tree.assemble(
                        head.id(),
                        0,
                        head.view() + 1,
                        NodeId.of(sender.verifyKey()),
                        head.timeMillis() + 1,
                        List.of(Bundle.sign(genesis.networkId(), sender, done + 1, all)));
                tree.add(block);
                tree.finalizeUpTo(block.id());
                VoteStatement vote =
                        new VoteStatement(VoteKind.FINALIZE, 0, block.header().view(), block.id());
                blocks.append(new FinalizedBlock(
                        block,
                        new Certificate(
                                vote,
                                List.of(new Certificate.IndexedSignature(
                                        0, voter.sign(VoteStatement.TAG, genesis.networkId(), vote.encode()))))));
            }
        }
    }

    private static Started started(Genesis genesis, Path directory) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-Xmx1g"));
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                ConsensusCommand.STARTER,
                directory.toString(),
                HexFormat.of().formatHex(genesis.encode())));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader from =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = from.readLine();
            if (line == null) {
                throw new IllegalStateException("the node did not start; its output is above");
            }
            String[] said = line.split(" ");
            return new Started(Double.parseDouble(said[0]), Double.parseDouble(said[1]));
        } finally {
            process.destroy();
            process.onExit().join();
        }
    }

    /** Opens a node in this process, says what that took, and closes it. */
    static void start(Path directory, String genesisHex, PrintWriter out) {
        Genesis genesis = Genesis.decode(HexFormat.of().parseHex(genesisHex));
        SigningKey key = ConsensusReplica.key(0, ConsensusReplica.NODE_KEY);
        Endpoint own = new Endpoint(new InetSocketAddress("::1", 7000), NodeId.of(key.verifyKey()));
        MemoryNetwork network = new MemoryNetwork();
        try (Messenger messenger =
                GenesisPeers.messenger(genesis, key, List.of(own), c -> Messengers.over(network.open(c)))) {
            long began = System.nanoTime();
            try (LedgerNode node =
                    LedgerNode.builder(genesis, key, messenger).module(COUNTERS).open(directory)) {
                double seconds = (System.nanoTime() - began) / 1e9;
                Runtime runtime = Runtime.getRuntime();
                runtime.gc();
                out.println(seconds + " " + (runtime.totalMemory() - runtime.freeMemory()));
                if (node.ledger().finalizedHeight() < 1) {
                    throw new IllegalStateException("the node has no blocks");
                }
            }
            out.flush();
        }
    }

    // ---------------------------------------------------------------- fetching a state

    private void sync(Path directory, Consumer<String> progress) {
        progress.accept("making a state of " + (sizes.stateBytes >> 20) + " MiB");
        SyncedState made = SyncedState.of(sizes.stateBytes);
        try (SnapshotStore served =
                SnapshotStore.open(directory.resolve("served"), made.genesis().networkId())) {
            served.write(made.snapshot(), made.parts());
            fetched(directory.resolve("warm"), made, served, 0);
            progress.accept("fetching it from three nodes");
            double honest = fetched(directory.resolve("honest"), made, served, 0);
            progress.accept("fetching it from three nodes of which one lies");
            double oneLies = fetched(directory.resolve("lied"), made, served, 1);
            report.metric("sync_mb_s", honest);
            report.metric("sync_liar_ratio", honest / oneLies);
            Map<String, Object> rows = new LinkedHashMap<>();
            rows.put("megabytes", made.bytes() / 1e6);
            rows.put("parts", made.parts().size());
            rows.put("nodes", SyncedState.VALIDATORS - 1);
            rows.put("processes", "all nodes in one");
            report.baseline("sync_mb_s", rows);
        }
    }

    /** Megabytes per second until the state is proven, on the disk and in memory. */
    private static double fetched(Path into, SyncedState made, SnapshotStore served, int liars) {
        Genesis genesis = made.genesis();
        List<Transport> transports = new ArrayList<>();
        List<Messenger> messengers = new ArrayList<>();
        List<NodeId> peers = new ArrayList<>();
        try {
            for (int i = 0; i < SyncedState.VALIDATORS; i++) {
                SigningKey key = ConsensusReplica.key(i, ConsensusReplica.NODE_KEY);
                Transport transport = ConsensusReplica.transport(genesis, key);
                transports.add(transport);
                messengers.add(Messengers.over(transport));
                peers.add(NodeId.of(key.verifyKey()));
            }
            Messenger own = messengers.get(messengers.size() - 1);
            for (int i = 0; i < SyncedState.VALIDATORS - 1; i++) {
                boolean lies = i < liars;
                own.route(ConsensusReplica.endpoint(
                        i, transports.get(i).localAddress().getPort()));
                messengers
                        .get(i)
                        .serve(SnapshotService.SERVICE, SnapshotService.MAX_REQUEST_BYTES, true, (peer, body) -> {
                            byte[] answer = SnapshotService.answer(body, served);
                            answer[answer.length / 2] ^= lies && answer.length > 100_000 ? (byte) 1 : 0;
                            return answer;
                        });
            }
            try (SnapshotStore store = SnapshotStore.open(into, genesis.networkId())) {
                long began = System.nanoTime();
                Optional<StateBase> base = new StateSync(
                                genesis.networkId(),
                                own,
                                peers,
                                new CertificateLightClient(genesis),
                                (peer, epoch) -> Optional.empty(),
                                h -> {},
                                p -> {})
                        .run(store, 0, PATIENCE);
                double seconds = (System.nanoTime() - began) / 1e9;
                if (base.isEmpty()) {
                    throw new IllegalStateException("no snapshot was fetched");
                }
                return made.bytes() / 1e6 / seconds;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while fetching", e);
            }
        } finally {
            messengers.forEach(Messenger::close);
            transports.forEach(Transport::close);
            Directories.delete(into);
        }
    }
}
