package online.hypermesh.node.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.NodeClient.StoredFile;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.ResolutionResult;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Twenty kills at random moments under writes: nothing acknowledged is lost, and the nodes agree afterwards. */
class KillLoopIT {
    private static final int KILLS = 20;
    private static final long SEED = 20261122;

    @TempDir
    Path dir;

    private final AtomicBoolean writing = new AtomicBoolean(true);

    /** What was acknowledged: names with their ports, assets with their SHA-256. */
    private record Acknowledged(Map<String, Integer> names, Map<Asset, String> assets, int failures) {}

    @Test
    @Timeout(value = 9, unit = TimeUnit.MINUTES)
    void nothingAcknowledgedIsLostAndHeightsAndRootsAgree() throws Exception {
        Random random = new Random(SEED);
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try (RunningNetwork network = new RunningNetwork(dir.resolve("network"), 4, 3600)) {
            network.startAll();
            network.awaitPhase3();
            Future<Acknowledged> writes = writer.submit(writes(network));
            for (int kill = 0; kill < KILLS; kill++) {
                LocalNode victim = network.nodes().get(random.nextInt(network.nodes().size()));
                pause(random.nextInt(700));
                network.process(victim.name()).kill();
                pause(random.nextInt(400));
                network.start(victim.name());
                RunningNetwork.until(victim.name() + " is back after kill " + kill, () -> {
                    var status = network.status(victim.name());
                    return status.phase() == 3 && !status.degraded() && status.signing().equals("signing");
                });
            }
            writing.set(false);
            Acknowledged acknowledged = writes.get(2, TimeUnit.MINUTES);
            network.awaitAgreement();
            verify(network, acknowledged);
        } finally {
            writing.set(false);
            writer.shutdownNow();
        }
    }

    private static void pause(int millis) throws InterruptedException {
        // a random moment is what this test is about; nothing is expected to have happened meanwhile
        new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
    }

    private Callable<Acknowledged> writes(RunningNetwork network) {
        return () -> {
            Map<String, Integer> names = new LinkedHashMap<>();
            Map<Asset, String> assets = new LinkedHashMap<>();
            int failures = 0;
            try (NodeClient client = network.newClient(network.operator)) {
                for (int i = 0; writing.get(); i++) {
                    LocalNode via = network.nodes().get(i % network.nodes().size());
                    try {
                        if (i % 5 == 4) {
                            Path file = Files.writeString(dir.resolve("file-" + i), "content " + i + "\n".repeat(i % 977));
                            StoredFile stored = client.put(via.id(), file, "file-" + i, done -> {});
                            assets.put(stored.asset(), stored.content().sha256().toHex());
                        } else {
                            String name = "w" + i + "." + NameRules.suffix(network.files.genesis());
                            client.apply(via.id(), NameRecord.MODULE, register(name, 1 + i % 60_000));
                            names.put(name, 1 + i % 60_000);
                        }
                    } catch (CodedException e) {
                        failures++;
                        certify(client, network);
                    }
                }
            }
            return new Acknowledged(names, assets, failures);
        };
    }

    private static void certify(NodeClient client, RunningNetwork network) {
        for (LocalNode node : network.nodes()) {
            try {
                client.certify(node.id());
                return;
            } catch (CodedException e) {
                continue; // this one is down: the next may answer
            }
        }
    }

    private static byte[] register(String name, int port) throws Exception {
        ServiceAddress address = new ServiceAddress((Inet6Address) InetAddress.getByName("::1"), port);
        return new NameInstruction.Register(name, new NameRecord.Content(List.of(address), List.of(), 60)).encode();
    }

    private static void verify(RunningNetwork network, Acknowledged acknowledged) throws Exception {
        assertThat(acknowledged.names()).as("acknowledged names").hasSizeGreaterThan(KILLS);
        assertThat(acknowledged.assets()).as("acknowledged files").isNotEmpty();
        List<LocalNode> nodes = new ArrayList<>(network.nodes());
        int i = 0;
        for (Map.Entry<String, Integer> name : acknowledged.names().entrySet()) {
            ResolutionResult result =
                    network.client().resolve(nodes.get(i++ % nodes.size()).id(), name.getKey());
            assertThat(result.proof()).isPresent();
            assertThat(result.addresses()).extracting(ServiceAddress::port).containsExactly(name.getValue());
        }
        for (Map.Entry<Asset, String> asset : acknowledged.assets().entrySet()) {
            var read = network.client()
                    .get(nodes.get(i++ % nodes.size()).id(), asset.getKey(), OutputStream.nullOutputStream());
            assertThat(read.sha256().toHex()).isEqualTo(asset.getValue());
        }
    }
}
