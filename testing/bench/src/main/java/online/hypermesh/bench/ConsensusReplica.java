package online.hypermesh.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.consensus.driver.ConsensusConfig;
import online.hypermesh.impl.consensus.driver.ConsensusMetrics;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.impl.consensus.driver.PooledTransactions;
import online.hypermesh.impl.consensus.driver.Submission;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.impl.storage.SegmentBlockStorage;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.accp.CorrettoSignatures;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SignatureAcceleration;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.stoq.netty.NettyEngine;
import online.hypermesh.stoq.session.Transports;

/**
 * One validator in a process of its own: its disk, the real transport, and a module that does nothing. It reads where it
 * lives and who the others are, answers questions about what it spent, and ends with its input.
 */
final class ConsensusReplica {
    static final String MODULE = "bench";
    static final int NODE_KEY = 1;
    static final int VOTING_KEY = 2;
    static final int CLIENT_KEY = 9;
    private static final String LOG_NAME = "votes.name";
    private static final long WARM_NANOS = TimeUnit.SECONDS.toNanos(6);

    private static final LedgerModule NOTHING = new LedgerModule() {
        @Override
        public String name() {
            return MODULE;
        }

        @Override
        public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
            return Outcome.applied();
        }
    };

    private final SyncTimes syncs = new SyncTimes();

    /** How long the syncs of the vote log took. Thread-safe. */
    private static final class SyncTimes implements ConsensusMetrics {
        private long[] nanos = new long[1 << 16];
        private int count;

        @Override
        public synchronized void votesSynced(long took) {
            nanos[count % nanos.length] = took;
            count++;
        }

        synchronized void reset() {
            count = 0;
        }

        synchronized String describe() {
            int n = Math.min(count, nanos.length);
            long[] sorted = Arrays.copyOf(nanos, n);
            Arrays.sort(sorted);
            return count + " " + (n == 0 ? 0 : sorted[n / 2]) + " " + (n == 0 ? 0 : sorted[(int) (n * 0.99)]);
        }
    }

    static SigningKey key(int node, int purpose) {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) (node * 16 + purpose));
        return SigningKey.fromSeed(seed);
    }

    static Transport transport(Genesis genesis, SigningKey nodeKey) {
        return transport(genesis, nodeKey, 0);
    }

    private static Transport transport(Genesis genesis, SigningKey nodeKey, int port) {
        Credentials credentials = SelfSignedLeaf.create(nodeKey, genesis.networkId(), Duration.ofHours(12));
        return Transports.open(
                TransportConfig.builder(
                                genesis.networkId(),
                                nodeKey.verifyKey(),
                                () -> credentials,
                                evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                        .bind(new InetSocketAddress(BenchNode.loopback().getAddress(), port))
                        .build(),
                new NettyEngine());
    }

    static void run(PrintWriter out, InputStream in) throws IOException {
        new ConsensusReplica().serve(out, new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
    }

    private void serve(PrintWriter out, BufferedReader in) throws IOException {
        accelerate();
        warmCryptography();
        int index = Integer.parseInt(in.readLine());
        Path directory = Path.of(in.readLine());
        Genesis genesis = Genesis.decode(HexFormat.of().parseHex(in.readLine()));
        int port = Integer.parseInt(in.readLine());
        try (Transport transport = transport(genesis, key(index, NODE_KEY), port);
                Messenger messenger = Messengers.over(transport);
                SegmentBlockStorage blocks = SegmentBlockStorage.open(
                        directory.resolve("blocks"), genesis.parameters().maxTransactionBytes())) {
            out.println(transport.localAddress().getPort());
            out.flush();
            String[] ports = in.readLine().split(" ");
            for (int i = 0; i < ports.length; i++) {
                if (i != index) {
                    messenger.route(endpoint(i, Integer.parseInt(ports[i])));
                }
            }
            try (ConsensusNode node = node(genesis, index, directory, blocks, messenger)) {
                node.start();
                out.println("ready");
                out.flush();
                answer(node, genesis, index, out, in);
            }
        }
    }

    /** Has native code recognise signatures where there is some. */
    static void accelerate() {
        try {
            SignatureAcceleration.use(new CorrettoSignatures());
        } catch (IllegalStateException e) {
            System.err.println("bench: signatures are verified in Java: " + e.getMessage());
        }
    }

    /** Has what every process needs compiled before five of them wait for compilers at the same time. */
    static void warmCryptography() {
        SigningKey key = key(7, 7);
        NetworkId network = new NetworkId(Digest.ZERO);
        long end = System.nanoTime() + WARM_NANOS;
        byte[] payload = new byte[256];
        for (int i = 0; System.nanoTime() < end; i++) {
            Transaction t = Transaction.sign(network, key, i, MODULE, payload);
            if (!Transaction.decode(t.encode()).signatureHolds()) {
                throw new IllegalStateException("a good signature does not hold");
            }
        }
    }

    static Endpoint endpoint(int node, int port) {
        return new Endpoint(
                new InetSocketAddress(BenchNode.loopback().getAddress(), port),
                NodeId.of(key(node, NODE_KEY).verifyKey()));
    }

    private ConsensusNode node(
            Genesis genesis, int index, Path directory, SegmentBlockStorage blocks, Messenger messenger) {
        SignatureCheck signatures = new SignatureCheck();
        LedgerTree tree = new LedgerTree(genesis, List.of(NOTHING), TransactionGate.OPEN, signatures);
        Mempool pool = new Mempool(
                genesis, List.of(MODULE), tree.nonces(tree.finalizedHead().id()), Mempool.Limits.DEFAULT, signatures);
        return new ConsensusNode(new ConsensusConfig(
                        genesis,
                        tree,
                        new PooledTransactions(pool, tree),
                        blocks,
                        messenger,
                        Optional.of(new ConsensusConfig.Voting(
                                key(index, VOTING_KEY),
                                directory.resolve("votes.log"),
                                remembered(directory.resolve(LOG_NAME)),
                                id -> remember(directory.resolve(LOG_NAME), id))))
                .withMetrics(syncs));
    }

    private static Optional<byte[]> remembered(Path file) {
        try {
            return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static void remember(Path file, byte[] id) {
        try {
            Files.write(file, id);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private void answer(ConsensusNode node, Genesis genesis, int index, PrintWriter out, BufferedReader in)
            throws IOException {
        OperatingSystemMXBean process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        Optional<Profile> profile = Optional.empty();
        String line = in.readLine();
        while (line != null) {
            switch (line.split(" ")[0]) {
                case "reset" -> {
                    syncs.reset();
                    out.println("reset");
                }
                case "spent" ->
                    out.println(process.getProcessCpuTime() + " " + node.finalizedHeight() + " " + syncs.describe()
                            + " " + Machine.residentBytes().orElse(-1L));
                case "profile" -> {
                    profile = Optional.of(Profile.begin(Path.of(line.substring("profile ".length()))));
                    out.println("profile");
                }
                case "profiled" -> {
                    profile.ifPresent(Profile::close);
                    out.println("profiled");
                }
                case "finality" -> out.println(finality(node, genesis, index, Integer.parseInt(line.split(" ")[1])));
                default -> out.println("what is " + line + "?");
            }
            out.flush();
            line = in.readLine();
        }
    }

    /** Nanoseconds from handing in one transaction to its final place, nothing else being under way. */
    private static String finality(ConsensusNode node, Genesis genesis, int index, int count) {
        SigningKey sender = key(index, CLIENT_KEY + 1);
        long nonce = System.currentTimeMillis() * 1000;
        StringBuilder times = new StringBuilder();
        for (int i = 0; i < count; i++) {
            Transaction t = Transaction.sign(genesis.networkId(), sender, nonce + i, MODULE, new byte[0]);
            long begin = System.nanoTime();
            long[] end = new long[1];
            Submission<Receipt> submission = node.submitTracked(t);
            submission.ordered().thenAccept(at -> end[0] = System.nanoTime());
            submission
                    .receipt()
                    .toCompletableFuture()
                    .orTimeout(20, TimeUnit.SECONDS)
                    .join();
            times.append(end[0] - begin).append(' ');
        }
        return times.toString().trim();
    }
}
