package online.hypermesh.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.genesis.ProtocolVersions;
import online.hypermesh.impl.consensus.driver.LedgerSession;

/**
 * Operations of 16 KiB, more of them than proposals carry: a network with batches against one without, in alternating windows
 * of one run. Four processes each, durable; the ones that wait are idle. Confined to one thread.
 */
final class BatchBench {
    /**
     * How long things run.
     *
     * @param warmMillis load of each network before the first measurement
     * @param windowMillis length of a measurement
     * @param pairs measurements of each network
     */
    record Times(long warmMillis, long windowMillis, int pairs) {
        static final Times FULL = new Times(40_000, 6_000, 5);
        static final Times QUICK = new Times(12_000, 3_000, 3);
    }

    static final Set<String> NAMES =
            new LinkedHashSet<>(List.of("large_mb_s", "large_ratio", "large_cpu_ratio", "large_p50_ms"));

    private static final int OPERATION_BYTES = 16 * 1024;
    private static final int OUTSTANDING = 512;
    private static final int FIRST_IDENTITY = 4;
    private static final int BUNDLES_UNDER_WAY = 16;
    private static final long SETTLE_MILLIS = 1_000;

    private final Times times;
    private final Report report;

    BatchBench(Times times, Report report) {
        this.times = times;
        this.report = report;
    }

    void run(Consumer<String> progress) {
        try (ConsensusNetwork batches = ConsensusNetwork.start(with(ProtocolVersions.BATCHES));
                ConsensusNetwork inline = ConsensusNetwork.start(with(ProtocolVersions.FIRST));
                ConsensusClients batched = clients(batches);
                ConsensusClients inlined = clients(inline)) {
            window(batched, times.warmMillis);
            window(inlined, times.warmMillis);
            List<ConsensusClients.Window> a = new ArrayList<>();
            List<ConsensusClients.Window> b = new ArrayList<>();
            for (int i = 0; i < times.pairs; i++) {
                a.add(window(batched, times.windowMillis));
                b.add(window(inlined, times.windowMillis));
                progress.accept(
                        "16 KiB operations, with batches: " + describe(a.get(i)) + "; without: " + describe(b.get(i)));
            }
            List<Double> ratios = new ArrayList<>();
            List<Double> cpuRatios = new ArrayList<>();
            for (int i = 0; i < times.pairs; i++) {
                ratios.add(a.get(i).perSecond() / b.get(i).perSecond());
                cpuRatios.add(a.get(i).cpuMicrosPerOperation() / b.get(i).cpuMicrosPerOperation());
            }
            report.metric("large_mb_s", median(a, BatchBench::megabytes));
            report.metric("large_ratio", median(ratios, r -> r));
            report.metric("large_cpu_ratio", median(cpuRatios, r -> r));
            report.metric("large_p50_ms", median(a, w -> w.p50Nanos() / 1e6));
            report.baseline(
                    "large_ratio",
                    Map.of(
                            "with_batches", a.stream().map(BatchBench::describe).toList(),
                            "without", b.stream().map(BatchBench::describe).toList()));
        }
    }

    private static Parameters with(int protocolVersion) {
        Parameters d = Parameters.DEFAULT;
        return new Parameters(
                d.leafValiditySeconds(),
                d.maxTransactionBytes(),
                d.maxBlockBytes(),
                d.heartbeatMillis(),
                d.maxClockErrorMillis(),
                d.leaderTimeoutMillis(),
                d.replicas(),
                d.epochSeconds(),
                protocolVersion);
    }

    private static ConsensusClients clients(ConsensusNetwork network) {
        return new ConsensusClients(network, LedgerSession.Mode.BUNDLES, BUNDLES_UNDER_WAY, FIRST_IDENTITY);
    }

    private static ConsensusClients.Window window(ConsensusClients clients, long millis) {
        return clients.run(OUTSTANDING, OPERATION_BYTES, SETTLE_MILLIS, millis);
    }

    private static double megabytes(ConsensusClients.Window w) {
        return w.perSecond() * OPERATION_BYTES / 1e6;
    }

    private static Map<String, Object> describe(ConsensusClients.Window w) {
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("mb_s", megabytes(w));
        rows.put("cpu_us_per_op", w.cpuMicrosPerOperation());
        rows.put("p50_ms", w.p50Nanos() / 1e6);
        rows.put("p99_ms", w.p99Nanos() / 1e6);
        rows.put("blocks_s", w.blocks() * 1e9 / w.nanos());
        return rows;
    }

    private static <T> double median(List<T> all, ToDoubleFunction<T> figure) {
        double[] sorted = all.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
