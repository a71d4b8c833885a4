package online.hypermesh.node.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.operation.Contradiction;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.error.CodedException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code status}: where each node stands. */
@Command(
        name = "status",
        description = "Show where each node of a running network stands. Ends with 0 when every node answers.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private SessionOptions options = new SessionOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        LogFile.none();
        LocalNetwork network = options.running();
        List<Map<String, Object>> rows = new ArrayList<>();
        boolean complete = true;
        try (OperatorSession session =
                OperatorSession.open(network, options.checkpoint(), PATIENCE, new MemoryChunkIndex(1))) {
            for (LocalNode node : network.nodes()) {
                try {
                    rows.add(describe(session.client().status(node.id()), network.genesis()));
                } catch (CodedException e) {
                    complete = false;
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("name", node.name());
                    row.put("error", e.codeName());
                    row.put("detail", e.getMessage());
                    rows.add(row);
                }
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", network.genesis().name());
            object.put("networkId", network.genesis().networkId().toString());
            object.put("nodes", rows);
            Output.json(out, object);
        } else {
            rows.forEach(row -> print(out, row));
        }
        return complete ? ExitCode.OK.code() : ExitCode.UNREACHABLE.code();
    }

    private static void print(PrintWriter out, Map<String, Object> row) {
        if (row.containsKey("error")) {
            out.println(row.get("name") + ": no answer, " + row.get("detail"));
            return;
        }
        out.println(row.get("name") + ": Phase " + row.get("phase")
                + (Boolean.TRUE.equals(row.get("degraded")) ? " DEGRADED" : "") + ", height "
                + row.get("finalizedHeight") + ", " + row.get("packs") + " packs, certificate by "
                + row.get("leafIssuer") + " until " + row.get("leafNotAfter") + ", " + row.get("signing")
                + ", process " + row.get("pid")
                + ("".equals(row.get("waitsFor")) ? "" : ", waits for " + row.get("waitsFor")));
        if (row.get("warnings") instanceof List<?> warnings) {
            warnings.forEach(w -> out.println("    warning: " + w));
        }
        if (row.get("contradictions") instanceof List<?> contradictions) {
            contradictions.forEach(c -> {
                if (c instanceof Map<?, ?> m) {
                    out.println("    validator " + m.get("validator") + " contradicts itself: " + m.get("what")
                            + (Boolean.TRUE.equals(m.get("holds")) ? "" : " (NOT PROVEN: do not believe this node)"));
                }
            });
        }
    }

    private static Map<String, Object> describe(NodeStatus s, Genesis genesis) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", s.name());
        row.put("id", s.id().toString());
        row.put("phase", s.phase());
        row.put("degraded", s.degraded());
        row.put("view", s.view());
        row.put("finalizedHeight", s.finalizedHeight());
        row.put("finalizedId", s.finalizedId().toHex());
        row.put("stateRoot", s.stateRoot().toHex());
        row.put("votesAboveView", s.votesAboveView());
        row.put("signing", s.signing());
        row.put("peersReachable", s.peersReachable());
        row.put("leafNotAfter", Instant.ofEpochMilli(s.leafNotAfterMillis()).toString());
        row.put("leafIssuer", s.leafIssuer());
        row.put("packs", s.packs());
        row.put("packBytes", s.packBytes());
        row.put("traditionalDns", s.traditionalDns());
        row.put("clock", Instant.ofEpochMilli(s.clockMillis()).toString());
        row.put("pid", s.pid());
        row.put("startedAt", Instant.ofEpochMilli(s.startedAtMillis()).toString());
        row.put("waitsFor", s.waitsFor());
        row.put("warnings", s.warnings());
        row.put(
                "contradictions",
                s.contradictions().stream().map(c -> describe(c, genesis)).toList());
        return row;
    }

    private static Map<String, Object> describe(Contradiction c, Genesis genesis) {
        CborWriter w = new CborWriter(512);
        c.writeTo(w);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("validator", c.validator().toString());
        row.put("what", c.text());
        row.put("holds", c.holds(genesis));
        row.put("evidence", HexFormat.of().formatHex(w.toBytes()));
        return row;
    }
}
