package online.hypermesh.node.demo;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.operation.CheckedLeaf;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.ResolutionResult;

/** How long the three main operations take, seen by a client in another process. Confined to one thread. */
final class Measurements {
    static final String CONDITIONS =
            "measured from this process over ::1 sockets, one request at a time, after a warm-up of 100"
                    + " requests of each kind, 400 for reads, that is not counted; no answer, proof or certificate is cached between requests";

    private static final int COUNT = 200;
    private static final int WARM_UP = 100;
    private static final int READ_WARM_UP = 400;
    private static final int ISSUERS_AT_ONCE = 6;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final DemoNetwork network;
    private final NodeClient client;
    private final Progress progress;
    private final Genesis genesis;

    Measurements(DemoNetwork network, NodeClient client, Progress progress) {
        this.network = network;
        this.client = client;
        this.progress = progress;
        this.genesis = network.network().genesis();
    }

    /** What was measured. */
    record Results(Latencies consensus, Latencies dns, Latencies certificates) {}

    Results run() {
        Latencies consensus = consensus();
        progress.line("submit to finalized receipt at the client, through n1: " + consensus);
        Latencies dns = dns();
        progress.line("resolve on n3, state proof checked here, distinct names: " + dns);
        Latencies certificates = certificates();
        progress.line("n4 validates distinct certificates issued through n1 and finalized: " + certificates);
        return new Results(consensus, dns, certificates);
    }

    private String name(int i) {
        return "svc-" + i + "." + NameRules.suffix(genesis);
    }

    private Latencies consensus() {
        Latencies latencies = new Latencies();
        long height = 0;
        for (int i = 0; i < WARM_UP + COUNT; i++) {
            byte[] payload = new NameInstruction.Register(
                            name(i), new NameRecord.Content(List.of(ServiceSteps.loopback(1000 + i)), List.of(), 60))
                    .encode();
            long start = System.nanoTime();
            Receipt receipt = client.apply(network.id("n1"), NameRecord.MODULE, payload);
            long duration = System.nanoTime() - start;
            height = receipt.height();
            if (i >= WARM_UP) {
                latencies.add(duration);
            }
        }
        reach("n3", height + 1); // the block that certifies the state after it
        return latencies;
    }

    private Latencies dns() {
        Latencies latencies = new Latencies();
        for (int i = 0; i < READ_WARM_UP; i++) {
            resolve(i % WARM_UP);
        }
        for (int i = WARM_UP; i < WARM_UP + COUNT; i++) {
            latencies.add(resolve(i));
        }
        return latencies;
    }

    private long resolve(int i) {
        // a fresh light client remembers no certificate
        CertificateLightClient verifier = new CertificateLightClient(genesis);
        long start = System.nanoTime();
        ResolutionResult result = client.resolve(network.id("n3"), name(i), verifier);
        long duration = System.nanoTime() - start;
        StepFailedException.require(
                result.proof().isPresent() && result.addresses().equals(List.of(ServiceSteps.loopback(1000 + i))),
                name(i) + " resolved to " + result);
        return duration;
    }

    private Latencies certificates() {
        List<X509Certificate> leaves = issue();
        reach("n4", client.status(network.id("n1")).finalizedHeight());
        Latencies latencies = new Latencies();
        for (int i = 0; i < READ_WARM_UP; i++) {
            validate(leaves.get(i % WARM_UP));
        }
        for (X509Certificate leaf : leaves.subList(WARM_UP, WARM_UP + COUNT)) {
            latencies.add(validate(leaf));
        }
        return latencies;
    }

    private long validate(X509Certificate leaf) {
        long start = System.nanoTime();
        CheckedLeaf checked = client.validate(network.id("n4"), List.of(leaf));
        long duration = System.nanoTime() - start;
        StepFailedException.require(
                checked.accepted() && checked.phase() == 3,
                "n4 refused leaf " + leaf.getSerialNumber().toString(16) + ": " + checked);
        return duration;
    }

    private List<X509Certificate> issue() {
        ExecutorService pool = Executors.newFixedThreadPool(ISSUERS_AT_ONCE);
        try {
            List<Future<X509Certificate>> underWay = new ArrayList<>();
            for (int i = 0; i < WARM_UP + COUNT; i++) {
                underWay.add(pool.submit(() -> client.furtherLeaf(network.id("n1"))));
            }
            List<X509Certificate> leaves = new ArrayList<>();
            for (Future<X509Certificate> leaf : underWay) {
                leaves.add(leaf.get());
            }
            return leaves;
        } catch (ExecutionException e) {
            throw new StepFailedException("n1 issued no leaf: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepFailedException("interrupted", e);
        } finally {
            pool.shutdownNow();
        }
    }

    private void reach(String node, long height) {
        Waiting.until(node + " reaching height " + height, PATIENCE, () -> {
            long now = client.status(network.id(node)).finalizedHeight();
            return now >= height ? Optional.of(now) : Optional.empty();
        });
    }
}
