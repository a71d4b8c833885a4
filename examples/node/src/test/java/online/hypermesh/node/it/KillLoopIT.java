package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.content.PackList;
import online.hypermesh.impl.storage.SegmentBlockStorage;
import online.hypermesh.impl.storage.SegmentPackStorage;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.NodeClient.StoredFile;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main safety test: nodes of one running network are killed at random moments while writes go on. The seed is printed;
 * {@code -Dhypermesh.it.seed=N} repeats the same choices, {@code -Dhypermesh.it.kills=N} changes their number.
 */
class KillLoopIT {
    private static final int KILLS = Integer.getInteger("hypermesh.it.kills", 4);
    private static final int MAX_FILE_BYTES = 24 * 1024;
    private static final int LONGEST_CALM_MILLIS = 500;
    private static final Duration BACK = Duration.ofMinutes(3);

    @TempDir
    Path dir;

    private final long seed = Long.getLong("hypermesh.it.seed", System.nanoTime() & 0xffff_ffffL);
    private final AtomicReference<String> down = new AtomicReference<>("");
    private final AtomicBoolean done = new AtomicBoolean();
    private final ConcurrentLinkedQueue<Stored> files = new ConcurrentLinkedQueue<>();
    private final Map<String, Registered> names = new ConcurrentHashMap<>();
    private final AtomicInteger failures = new AtomicInteger();

    /** An acknowledged file. */
    private record Stored(String via, StoredFile file, Digest sha256) {}

    /** An acknowledged transaction. */
    private record Registered(String via, String name, int port, Receipt receipt) {}

    @Test
    void nothingAcknowledgedIsLostWhenNodesAreKilledUnderWrites() throws Exception {
        System.out.println("KillLoopIT: seed " + seed + ", " + KILLS + " kills");
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try (LiveNetwork live = LiveNetwork.inPhase3(dir, Parameters.DEFAULT)) {
            try (OperatorSession operator = live.operator()) {
                NodeClient client = operator.client();
                Future<?> writing = writer.submit(() -> write(live, client));
                try {
                    killAgainAndAgain(live, client);
                } finally {
                    done.set(true);
                    writing.get(3, TimeUnit.MINUTES);
                }
                live.awaitPhase3(LiveNetwork.ALL);
                NodeStatus agreed = live.awaitAgreement(client, LiveNetwork.ALL, Duration.ofMinutes(2));
                System.out.printf(
                        "KillLoopIT: %d files and %d transactions acknowledged, %d writes failed, height %d%n",
                        files.size(), names.size(), failures.get(), agreed.finalizedHeight());
                assertThat(files).as("writes went on under the kills").hasSizeGreaterThan(KILLS);
                assertThat(names).as("writes went on under the kills").hasSizeGreaterThan(KILLS);
                readEverythingBack(live, client);
            }
            live.stop(LiveNetwork.ALL);
            compareDisks(live);
        } finally {
            writer.shutdownNow();
        }
    }

    private void killAgainAndAgain(LiveNetwork live, NodeClient client) {
        Random random = new Random(seed);
        for (int i = 1; i <= KILLS; i++) {
            String victim = LiveNetwork.ALL.get(random.nextInt(4));
            String witness = LiveNetwork.ALL.get((LiveNetwork.ALL.indexOf(victim) + 1) % 4);
            int before = files.size() + names.size();
            Await.pause(random.nextInt(LONGEST_CALM_MILLIS));
            down.set(victim);
            long start = System.nanoTime();
            live.process(victim).kill();
            long height = client.status(live.id(witness)).finalizedHeight();
            live.launch(victim).awaitReady(LiveNetwork.START);
            long ready = System.nanoTime();
            Await.until("kill " + i + " of seed " + seed + ": " + victim + " is back at height " + height, BACK, () -> {
                NodeStatus status = client.status(live.id(victim));
                return LiveNetwork.isWell(status) && status.finalizedHeight() >= height;
            });
            down.set("");
            long back = System.nanoTime();
            Await.until(
                    "kill " + i + " of seed " + seed + ": writes go on; " + live.describe(client, LiveNetwork.ALL),
                    BACK,
                    () -> files.size() + names.size() > before);
            System.out.printf(
                    "KillLoopIT: kill %d: %s listened after %d ms, was back after %d ms, writes after %d ms, %d failed%n",
                    i,
                    victim,
                    (ready - start) / 1_000_000,
                    (back - start) / 1_000_000,
                    (System.nanoTime() - start) / 1_000_000,
                    failures.get());
        }
    }

    private void write(LiveNetwork live, NodeClient client) {
        Random random = new Random(~seed);
        String suffix = NameRules.suffix(live.network().genesis());
        for (int i = 0; !done.get(); i++) {
            String via = LiveNetwork.ALL.get(random.nextInt(4));
            if (via.equals(down.get())) {
                continue;
            }
            try {
                if (random.nextBoolean()) {
                    byte[] content = new byte[random.nextInt(MAX_FILE_BYTES)];
                    random.nextBytes(content);
                    Path file = Files.write(dir.resolve("content"), content);
                    files.add(new Stored(
                            via, client.put(live.id(via), file, "file " + i, read -> {}), Digest.sha256(content)));
                } else {
                    String name = "s" + i + "." + suffix;
                    NameInstruction register = new NameInstruction.Register(
                            name, new NameRecord.Content(List.of(address(i)), List.of(), 60));
                    Receipt receipt = client.apply(live.id(via), NameRecord.MODULE, register.encode());
                    names.put(name, new Registered(via, name, i, receipt));
                }
            } catch (CodedException e) {
                failures.incrementAndGet(); // not acknowledged, so nothing was promised
            } catch (IOException e) {
                throw new IllegalStateException("the test's own file cannot be used", e);
            }
        }
    }

    private static ServiceAddress address(int port) {
        byte[] loopback = new byte[16];
        loopback[15] = 1;
        return ServiceAddress.of(loopback, port & 0xffff);
    }

    private void readEverythingBack(LiveNetwork live, NodeClient client) throws IOException {
        Random random = new Random(seed + 1);
        for (Stored stored : files) {
            String other = another(stored.via(), random);
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            client.get(
                    live.id(other),
                    client.asset(live.id(other), stored.file().asset().id()),
                    content);
            assertThat(Digest.sha256(content.toByteArray()))
                    .as(
                            "%s stored through %s, read through %s",
                            stored.file().asset().label(), stored.via(), other)
                    .isEqualTo(stored.sha256());
        }
        for (Registered registered : names.values()) {
            String other = another(registered.via(), random);
            StateProof proof = client.prove(live.id(other), NameRecord.MODULE, NameRecord.key(registered.name()));
            assertThat(proof.value()
                            .map(NameRecord::decode)
                            .map(r -> r.content().addresses()))
                    .as("%s registered through %s, proven by %s", registered.name(), registered.via(), other)
                    .contains(List.of(address(registered.port())));
        }
    }

    private static String another(String via, Random random) {
        List<String> others = new ArrayList<>(LiveNetwork.ALL);
        others.remove(via);
        return others.get(random.nextInt(others.size()));
    }

    /** What the stopped nodes hold on disk: one chain, with every acknowledged transaction; every file at three or more. */
    private void compareDisks(LiveNetwork live) {
        Genesis genesis = live.network().genesis();
        Map<Long, Digest> chain = new TreeMap<>();
        Map<String, Integer> replicas = new TreeMap<>();
        for (String name : LiveNetwork.ALL) {
            Path data = live.node(name).dataDirectory();
            try (SegmentBlockStorage blocks = SegmentBlockStorage.open(
                    data.resolve("blocks"), genesis.parameters().maxTransactionBytes())) {
                compareBlocks(name, blocks, chain);
            }
            try (SegmentPackStorage packs = SegmentPackStorage.open(data.resolve("packs"))) {
                for (Stored stored : files) {
                    replicas.merge(stored.file().asset().label(), holds(packs, stored) ? 1 : 0, Integer::sum);
                }
            }
        }
        assertThat(replicas)
                .allSatisfy((label, count) -> assertThat(count).as(label).isGreaterThanOrEqualTo(3));
    }

    private void compareBlocks(String node, SegmentBlockStorage blocks, Map<Long, Digest> chain) {
        Set<Digest> transactions = new HashSet<>();
        for (long height = 1; height <= blocks.height(); height++) {
            Block block = blocks.read(height).orElseThrow().block();
            Digest seen = chain.putIfAbsent(height, block.id());
            assertThat(block.id()).as("block %d at %s", height, node).isEqualTo(seen == null ? block.id() : seen);
            for (Transaction transaction : block.transactions()) {
                assertThat(transactions.add(transaction.id()))
                        .as("transaction %s is once in the chain of %s", transaction.id(), node)
                        .isTrue();
            }
        }
        assertThat(transactions)
                .as("acknowledged transactions in the chain of %s", node)
                .containsAll(names.values().stream()
                        .map(r -> r.receipt().transactionId())
                        .toList())
                .containsAll(files.stream().map(f -> f.file().asset().id()).toList());
    }

    private static boolean holds(SegmentPackStorage packs, Stored stored) {
        try {
            PackList list = PackList.read(
                    stored.file().asset().packListId(), id -> packs.get(id).orElseThrow());
            return list.packs().stream().allMatch(id -> packs.get(id).isPresent());
        } catch (java.util.NoSuchElementException e) {
            return false;
        }
    }
}
