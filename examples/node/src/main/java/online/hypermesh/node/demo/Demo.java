package online.hypermesh.node.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.NodeClient.StoredFile;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.network.NodeProcess;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.node.operation.PhaseStep;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.error.CodedException;
import org.jspecify.annotations.Nullable;

/**
 * Takes a network of four real processes through boot, storage, the loss of a node, its return, and independence from the
 * world outside. Every step is checked; the first one that does not hold ends the demonstration. Confined to one thread.
 */
public final class Demo {
    private static final int MAX_CHUNKS = 16_000_000;
    private static final Duration ANSWER = Duration.ofSeconds(15);
    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final Duration CATCH_UP = Duration.ofMinutes(3);
    private static final String VICTIM = "n2";

    private final Optional<Path> given;
    private final Progress progress;
    private final DemoReport report = new DemoReport();
    private String step = "preparation";

    private Demo(Optional<Path> given, PrintWriter progress) {
        this.given = given;
        this.progress = new Progress(progress);
    }

    /**
     * Runs the demonstration.
     *
     * @param file what to store; a generated sample when empty
     * @param progress where to say what happens
     * @return the report
     * @throws IOException when the file or the temporary directory cannot be used
     */
    public static DemoReport run(Optional<Path> file, PrintWriter progress) throws IOException {
        return new Demo(file, progress).run();
    }

    private DemoReport run() throws IOException {
        PhaseLog phases = new PhaseLog(progress);
        try (Workspace workspace = Workspace.open(progress)) {
            Path directory = workspace.directory();
            try {
                DemoNetwork network = workspace.with(DemoNetwork.found(
                        directory.resolve("network"), Clock.systemUTC().millis(), phases));
                try (NodeKeys operator = network.network().operatorKeys()) {
                    steps(network, operator, directory, phases);
                    workspace.succeed();
                    report.succeed();
                }
            } catch (StepFailedException | CodedException | IOException e) {
                fail(e, workspace);
            }
        }
        return report;
    }

    private void fail(Exception e, Workspace workspace) {
        String why = e instanceof CodedException coded
                ? coded.codeName() + ": " + e.getMessage()
                : e instanceof IOException ? e.toString() : String.valueOf(e.getMessage());
        report.put("failedStep", step);
        report.put("error", why);
        if (workspace.isInterrupted()) {
            return; // whoever interrupted wants no directory
        }
        workspace.fail();
        report.put("logs", workspace.directory().toString());
        progress.title("FAILED in step " + step + ": " + why);
        progress.line("everything is kept in " + workspace.directory() + "; the nodes' logs are network/n*/node.log");
    }

    private void steps(DemoNetwork network, NodeKeys operator, Path directory, PhaseLog phases) throws IOException {
        Path file = source(directory);
        String sha256 = sha256(file);
        boot(network, phases);
        try (NodeClient client = client(network, operator)) {
            client.certify(network.id("n1"));
            StoredFile stored = store(network, client, file);
            loss(network, client, stored.asset(), sha256, directory);
            comeback(network, client, stored.asset(), sha256);
            ServiceSteps services = new ServiceSteps(network, client, progress);
            title("5", "names, certificates and access");
            services.run("before", "5");
            independence(network, client, services, file, directory);
            title("7", "measurements");
            Measurements.Results results = new Measurements(network, client, progress).run();
            finish(network, client, services, results);
        }
    }

    private NodeClient client(DemoNetwork network, NodeKeys keys) {
        return NodeClient.open(
                network.network().genesis(),
                keys,
                network.nodes().stream().map(LocalNode::endpoint).toList(),
                ANSWER,
                new MemoryChunkIndex(MAX_CHUNKS));
    }

    private void title(String number, String text) {
        step = number + " (" + text + ")";
        progress.title(number + ". " + text);
    }

    private Path source(Path directory) throws IOException {
        if (given.isPresent()) {
            progress.line("file: " + given.get() + ", " + Files.size(given.get()) + " bytes");
            return given.get();
        }
        Path sample = directory.resolve("sample.txt");
        Sample.write(sample);
        progress.line("no file given; " + Sample.DESCRIPTION);
        return sample;
    }

    private static String sha256(Path file) throws IOException {
        MessageDigest sha = Hashing.sha256();
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), sha)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return java.util.HexFormat.of().formatHex(sha.digest());
    }

    // ---------------------------------------------------------------- 1

    private void boot(DemoNetwork network, PhaseLog phases) {
        title("1", "four processes pass Phase 0 → 1 → 2 → 3");
        phases.begin(Clock.systemUTC().millis());
        network.startAll(process -> progress.line(process.node().name() + "  process " + process.pid() + " listens at "
                + process.node().endpoint().address() + ", data in "
                + process.node().dataDirectory()));
        phases.awaitAll(network.nodes().stream().map(LocalNode::name).toList(), 3, BOOT);
        List<Map<String, Object>> entries = phases.entries();
        long bootstrapMillis =
                entries.stream().mapToLong(p -> (Long) p.get("atMs")).max().orElseThrow();
        report.put("phases", entries);
        report.put("bootstrapMs", bootstrapMillis);
        progress.line("all four nodes in Phase 3 after " + bootstrapMillis + " ms, process starts included");
    }

    // ---------------------------------------------------------------- 2

    private StoredFile store(DemoNetwork network, NodeClient client, Path file) throws IOException {
        title("2", "FILE is stored through n1 and acknowledged");
        long start = System.nanoTime();
        StoredFile stored = put(network, client, file, "demo-file");
        long millis = (System.nanoTime() - start) / 1_000_000;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("bytes", stored.content().plainBytes());
        json.put("chunks", stored.content().chunks());
        json.put("uniqueBytes", stored.content().uniqueBytes());
        json.put("putMs", millis);
        report.put("stored", json);
        return stored;
    }

    private StoredFile put(DemoNetwork network, NodeClient client, Path file, String label) throws IOException {
        long start = System.nanoTime();
        StoredFile stored = client.put(network.id("n1"), file, label, done -> {});
        long millis = (System.nanoTime() - start) / 1_000_000;
        int needed = network.network().genesis().parameters().replicas();
        StepFailedException.require(
                stored.replicas() >= needed,
                stored.replicas() + " validators attested the bytes, " + needed + " needed");
        progress.line(label + ": " + stored.content().plainBytes() + " bytes, "
                + stored.content().chunks() + " chunks, "
                + stored.content().uniqueBytes() + " bytes unique, fsynced on " + stored.replicas()
                + " of 4 validators, manifest final at height " + stored.height() + ", " + millis + " ms");
        return stored;
    }

    // ---------------------------------------------------------------- 3

    private void loss(DemoNetwork network, NodeClient client, Asset asset, String sha256, Path directory)
            throws IOException {
        title("3", VICTIM + " is killed; reads and writes go on");
        NodeProcess victim = network.process(VICTIM);
        victim.kill();
        StepFailedException.require(!victim.isAlive(), VICTIM + " survived SIGKILL");
        report.put("killed", VICTIM);
        progress.line(VICTIM + " (process " + victim.pid() + ") killed with SIGKILL");
        long start = System.nanoTime();
        String back = readBack(network, client, "n3", asset);
        long millis = (System.nanoTime() - start) / 1_000_000;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("via", "n3");
        json.put("sha256", back);
        json.put("equal", back.equals(sha256));
        json.put("getMs", millis);
        report.put("readBack", json);
        StepFailedException.require(
                back.equals(sha256), "FILE read through n3 has SHA-256 " + back + ", stored was " + sha256);
        progress.line("FILE read back through n3 in " + millis + " ms, SHA-256 " + back + ": equal");
        Path other = directory.resolve("while-down.txt");
        Files.writeString(other, "written while " + VICTIM + " was down\n");
        put(network, client, other, "while-" + VICTIM + "-is-down");
        report.put("writeWhileDown", true);
    }

    private static String readBack(DemoNetwork network, NodeClient client, String via, Asset asset) {
        try {
            return client.get(network.id(via), asset, OutputStream.nullOutputStream())
                    .sha256()
                    .toHex();
        } catch (IOException e) {
            throw new UncheckedIOException("a stream that drops everything failed", e);
        }
    }

    // ---------------------------------------------------------------- 4

    private void comeback(DemoNetwork network, NodeClient client, Asset asset, String sha256) {
        title("4", VICTIM + " comes back, then loses its data and comes back from nothing");
        long height = client.status(network.id("n1")).finalizedHeight();
        int before = client.phases(network.id("n1")).size();
        long rejoinMillis = rejoin(network, client, height, asset, sha256);
        List<PhaseStep> steps = client.phases(network.id(VICTIM));
        StepFailedException.require(
                steps.size() == before && steps.get(steps.size() - 1).phase() == 3,
                VICTIM + " should have continued in its persisted Phase 3, but reports " + steps);
        report.put("rejoinMs", rejoinMillis);
        progress.line(VICTIM + " is back in its persisted Phase 3, caught up by verified replay and serves FILE: "
                + rejoinMillis + " ms after its process was started, height " + height);

        network.process(VICTIM).stop(Duration.ofSeconds(15));
        network.deleteData(VICTIM);
        progress.line(VICTIM + " stopped, its data deleted");
        NodeStatus others = client.status(network.id("n1"));
        long fromNothingMillis = rejoin(network, client, others.finalizedHeight(), asset, sha256);
        NodeStatus status = client.status(network.id(VICTIM));
        StepFailedException.require(
                status.votesAboveView() >= others.view() || !status.signing().equals("signing"),
                VICTIM + " lost its votes up to view " + others.view() + ", yet votes above view "
                        + status.votesAboveView());
        report.put("rejoinFromNothingMs", fromNothingMillis);
        progress.line(VICTIM + " rejoined from nothing and serves FILE: " + fromNothingMillis + " ms; votes: "
                + status.signing() + ", only above view " + status.votesAboveView() + " (the network was in view "
                + others.view() + ")");
    }

    private long rejoin(DemoNetwork network, NodeClient client, long height, Asset asset, String sha256) {
        long start = System.nanoTime();
        network.start(VICTIM);
        Waiting.until(VICTIM + " catching up to height " + height, CATCH_UP, () -> {
            NodeStatus s = client.status(network.id(VICTIM));
            return s.phase() == 3 && s.finalizedHeight() >= height && !s.degraded() ? Optional.of(s) : Optional.empty();
        });
        String back = Waiting.until(
                VICTIM + " serving FILE", CATCH_UP, () -> Optional.of(readBack(network, client, VICTIM, asset)));
        StepFailedException.require(
                back.equals(sha256), "FILE read through " + VICTIM + " has SHA-256 " + back + ", stored was " + sha256);
        return (System.nanoTime() - start) / 1_000_000;
    }

    // ---------------------------------------------------------------- 6

    private void independence(DemoNetwork network, NodeClient client, ServiceSteps services, Path file, Path directory)
            throws IOException {
        title("6", "everything outside is switched off");
        long answered = network.dns().answered();
        network.dns().close();
        for (LocalNode node : network.nodes()) {
            client.cutTraditionalDns(node.id());
            NodeStatus status = client.status(node.id());
            StepFailedException.require(!status.traditionalDns(), node.name() + " could still ask traditional DNS");
            StepFailedException.require(
                    status.leafIssuer().matches(".*CN=n[1-4]\\b.*"),
                    node.name() + "'s certificate is issued by " + status.leafIssuer() + ", which is no validator");
        }
        progress.line("traditional DNS is off (it had answered " + answered
                + " queries); every certificate is issued by a validator");
        storeIndependently(network, client, file, "demo-file-again");
        Path unknown = directory.resolve("independent.txt"); // FILE's chunks are all known; these are not
        Sample.writeAnother(unknown);
        storeIndependently(network, client, unknown, "independent");
        services.run("independent", "6");
    }

    private void storeIndependently(DemoNetwork network, NodeClient client, Path file, String label)
            throws IOException {
        StoredFile stored = put(network, client, file, label);
        String back = readBack(network, client, "n3", stored.asset());
        StepFailedException.require(back.equals(sha256(file)), label + " came back different through n3");
        progress.line(label + ": stored and read back through n3, SHA-256 equal");
    }

    // ---------------------------------------------------------------- 7

    private void finish(DemoNetwork network, NodeClient client, ServiceSteps services, Measurements.Results results) {
        Map<String, Object> heights = Waiting.until("equal heights and roots", Duration.ofSeconds(60), () -> {
            Map<String, Object> now = new LinkedHashMap<>();
            @Nullable NodeStatus first = null;
            for (LocalNode node : network.nodes()) {
                NodeStatus s = client.status(node.id());
                first = first == null ? s : first;
                if (s.finalizedHeight() != first.finalizedHeight()
                        || !s.finalizedId().equals(first.finalizedId())
                        || !s.stateRoot().equals(first.stateRoot())) {
                    return Optional.empty();
                }
                now.put(node.name(), s.finalizedHeight());
            }
            return Optional.of(now);
        });
        report.put("finalizedHeight", heights);
        report.put("dnsMs", results.dns().toJson());
        report.put("certMs", results.certificates().toJson());
        report.put("consensusMs", results.consensus().toJson());
        report.put("denied", services.denied());
        report.put("allowed", services.allowed());
        progress.title("Summary");
        progress.line("boot to Phase 3        " + report.get("bootstrapMs") + " ms");
        progress.line("stored                 " + report.get("stored"));
        progress.line("read back via n3       " + report.get("readBack"));
        progress.line("rejoin                 " + report.get("rejoinMs") + " ms; from nothing "
                + report.get("rejoinFromNothingMs") + " ms");
        progress.line("resolve a name         " + results.dns());
        progress.line("validate a certificate " + results.certificates());
        progress.line("submit to receipt      " + results.consensus());
        progress.line("heights                " + heights + ", same block, same state root");
        progress.line(Measurements.CONDITIONS);
        progress.line("every step held");
    }
}
