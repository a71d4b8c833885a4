package online.hypermesh.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.driver.LedgerSession;

/** The bench of consensus: four replicas in four processes over the real transport, durable. Confined to one thread. */
final class ConsensusBench {
    /**
     * How long things run, in milliseconds.
     *
     * @param warmMillis longest load before the first measurement; it ends when it makes no operation cheaper any more
     * @param settleMillis longest load of each kind before its own measurement, which ends likewise
     * @param windowMillis length of a measurement
     * @param missedMillis load that a replica misses
     * @param unloaded transactions handed in one after the other at each replica
     */
    record Times(long warmMillis, long settleMillis, long windowMillis, long missedMillis, int unloaded) {
        static final Times FULL = new Times(240_000, 90_000, 8_000, 20_000, 250);
        static final Times QUICK = new Times(90_000, 24_000, 4_000, 10_000, 60);
    }

    private static final int KIB = 1024;
    private static final int SIGNED_OUTSTANDING = 1024;
    private static final int CATCH_UP_OUTSTANDING = 128;
    private static final long CATCH_UP_PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final int BUNDLES_UNDER_WAY = 1;
    private static final long WARM_WINDOW_MILLIS = 4000;
    /** So many windows in a row without a new best end a warm-up: optimizing compilers come in waves. */
    private static final int STILL = 6;

    private static final long SETTLE_MILLIS = 1000;
    private static final int FIRST_IDENTITY = 4;

    private static final Set<String> LATENCIES = Set.of("finality_p50_ms", "finality_p99_ms", "fsync_p99_ms");
    private static final Set<String> NAMES = new LinkedHashSet<>(List.of(
            "ops_s_4",
            "ops_s_64",
            "ops_s_128",
            "cpu_us_per_op_128",
            "p99_ms_128",
            "ops_s_256",
            "ops_s_1024",
            "cpu_us_per_op_1024",
            "ops_s_128_1k",
            "catchup_x",
            "finality_p50_ms",
            "finality_p99_ms",
            "fsync_p99_ms",
            "signed_ratio"));

    private final Times times;
    private final Report report;
    private final Optional<Path> profiles;

    /** @param profiles directory for a profile of each process under each closed-loop load */
    ConsensusBench(Times times, Report report, Optional<Path> profiles) {
        this.times = times;
        this.report = report;
        this.profiles = profiles;
    }

    /** Names of all metrics. */
    Set<String> names() {
        return NAMES;
    }

    void run(Set<String> wanted, Consumer<String> progress) {
        ConsensusReplica.accelerate();
        report.baseline("replica_jvm", Map.of("flags", String.join(" ", ConsensusNetwork.REPLICA_FLAGS)));
        try (ConsensusNetwork network = ConsensusNetwork.start()) {
            try (ConsensusClients clients =
                    new ConsensusClients(network, LedgerSession.Mode.BUNDLES, BUNDLES_UNDER_WAY, FIRST_IDENTITY)) {
                warm(clients, 128, 0, times.warmMillis, progress);
                for (int outstanding : List.of(4, 64, 128, 256, 1024)) {
                    if (wanted.stream().anyMatch(name -> name.endsWith("_" + outstanding))) {
                        load(network, clients, "_" + outstanding, outstanding, 0, progress);
                    }
                }
                if (wanted.contains("ops_s_128_1k")) {
                    load(network, clients, "_128_1k", 128, KIB, progress);
                }
                if (wanted.contains("catchup_x")) {
                    catchUp(network, clients, progress);
                }
            }
            if (wanted.stream().anyMatch(LATENCIES::contains)) {
                unloaded(network, progress);
            }
            if (wanted.contains("signed_ratio")) {
                signed(network, progress);
            }
        }
        report.metrics().keySet().retainAll(wanted);
    }

    /** Keeps everything busy until processes that started cold, or never had this load, no longer get faster. */
    private static void warm(
            ConsensusClients clients, int outstanding, int payloadBytes, long millis, Consumer<String> progress) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        double best = Double.MAX_VALUE;
        int still = 0;
        while (System.nanoTime() < end && still < STILL) {
            ConsensusClients.Window w = clients.run(outstanding, payloadBytes, 0, WARM_WINDOW_MILLIS);
            progress.accept("warming up: " + Math.round(w.perSecond()) + " operations/s, "
                    + Math.round(w.cpuMicrosPerOperation()) + " us each");
            still = w.cpuMicrosPerOperation() > best * 0.97 ? still + 1 : 0;
            best = Math.min(best, w.cpuMicrosPerOperation());
        }
    }

    private void load(
            ConsensusNetwork network,
            ConsensusClients clients,
            String suffix,
            int outstanding,
            int payloadBytes,
            Consumer<String> progress) {
        progress.accept(outstanding + " outstanding, " + payloadBytes + " bytes");
        if (outstanding != 128 || payloadBytes != 0) {
            warm(clients, outstanding, payloadBytes, times.settleMillis, progress);
        }
        ConsensusClients.Window w = clients.run(outstanding, payloadBytes, SETTLE_MILLIS, times.windowMillis);
        progress.accept(describe(w).toString());
        report.metric("ops_s" + suffix, w.perSecond());
        report.metric("cpu_us_per_op" + suffix, w.cpuMicrosPerOperation());
        report.metric("p99_ms" + suffix, w.p99Nanos() / 1e6);
        report.baseline("ops_s" + suffix, describe(w));
        profiles.ifPresent(into -> profile(into, network, clients, suffix, outstanding, payloadBytes));
    }

    /** A replica misses a while of load, starts again, and takes in what it missed. */
    private void catchUp(ConsensusNetwork network, ConsensusClients clients, Consumer<String> progress) {
        try {
            progress.accept("a replica misses " + times.missedMillis / 1000 + " s of load");
            long had = network.heightOfLast();
            network.stopLast();
            long began = System.nanoTime();
            ConsensusClients.Window w = clients.run(CATCH_UP_OUTSTANDING, 0, 0, times.missedMillis);
            double missedSeconds = (System.nanoTime() - began) / 1e9;
            long height = network.heightOfLast();
            network.startLast();
            long again = System.nanoTime();
            long end = again + CATCH_UP_PATIENCE_NANOS;
            while (network.heightOfLast() < height) {
                if (System.nanoTime() > end) {
                    throw new IllegalStateException("the replica did not catch up with height " + height);
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
            double seconds = (System.nanoTime() - again) / 1e9;
            Map<String, Object> rows = describe(w);
            rows.put("missed_s", missedSeconds);
            rows.put("missed_blocks", height - had);
            rows.put("caught_up_s", seconds);
            progress.accept(rows.toString());
            report.metric("catchup_x", missedSeconds / seconds);
            report.baseline("catchup_x", rows);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a replica stopped", e);
        } catch (IOException e) {
            throw new UncheckedIOException("a replica does not start again", e);
        }
    }

    /** The same load once more, recorded. */
    private void profile(
            Path profiles,
            ConsensusNetwork network,
            ConsensusClients clients,
            String suffix,
            int outstanding,
            int payloadBytes) {
        Path into = profiles.resolve("ops_s" + suffix).toAbsolutePath();
        try {
            Files.createDirectories(into);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + into, e);
        }
        network.profile(into);
        Profile own = Profile.begin(into.resolve("clients.jfr"));
        try {
            clients.run(outstanding, payloadBytes, 0, times.windowMillis);
        } finally {
            own.close();
            network.profiled();
        }
    }

    private static Map<String, Object> describe(ConsensusClients.Window w) {
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("operations", w.operations());
        rows.put("ops_s", w.perSecond());
        rows.put("cpu_us_per_op", w.cpuMicrosPerOperation());
        rows.put("p50_ms", w.p50Nanos() / 1e6);
        rows.put("p99_ms", w.p99Nanos() / 1e6);
        rows.put("blocks_s", w.blocks() * 1e9 / w.nanos());
        rows.put("operations_per_block", w.operations() / (double) Math.max(1, w.blocks()));
        rows.put("cores_busy", w.cpuNanos() / (double) w.nanos());
        return rows;
    }

    private void unloaded(ConsensusNetwork network, Consumer<String> progress) {
        progress.accept("one transaction at a time");
        long[] all = new long[0];
        network.finality(0, times.unloaded / 4);
        network.resetSyncs();
        for (int i = 0; i < ConsensusNetwork.SIZE; i++) {
            long[] some = network.finality(i, times.unloaded);
            int old = all.length;
            all = Arrays.copyOf(all, old + some.length);
            System.arraycopy(some, 0, all, old, some.length);
        }
        Arrays.sort(all);
        long[] syncs = network.spent().stream()
                .mapToLong(ConsensusNetwork.Spent::syncP99Nanos)
                .sorted()
                .toArray();
        report.metric("finality_p50_ms", all[all.length / 2] / 1e6);
        report.metric("finality_p99_ms", all[(int) (all.length * 0.99)] / 1e6);
        report.metric("fsync_p99_ms", syncs[syncs.length / 2] / 1e6);
        report.baseline(
                "finality_p50_ms",
                Map.of(
                        "transactions",
                        all.length,
                        "fsync_p50_ms",
                        network.spent().get(0).syncP50Nanos() / 1e6,
                        "measured",
                        "in the replica, from handing in to the final place; each replica in turn"));
    }

    private void signed(ConsensusNetwork network, Consumer<String> progress) {
        try (ConsensusClients clients =
                new ConsensusClients(network, LedgerSession.Mode.SINGLE, SIGNED_OUTSTANDING, FIRST_IDENTITY + 1)) {
            progress.accept("every transaction signed by itself");
            warm(clients, SIGNED_OUTSTANDING, 0, times.settleMillis, progress);
            ConsensusClients.Window w = clients.run(SIGNED_OUTSTANDING, 0, SETTLE_MILLIS, times.windowMillis);
            double verify = verifyMicros(network);
            double ceiling = Runtime.getRuntime().availableProcessors() * 1e6 / (ConsensusNetwork.SIZE * verify);
            Map<String, Object> rows = describe(w);
            rows.put("verify_us", verify);
            rows.put("ceiling_ops_s", ceiling);
            progress.accept(rows.toString());
            report.metric("signed_ratio", w.perSecond() / ceiling);
            report.baseline("signed_ratio", rows);
        }
    }

    /** Processor time of one verification on a thread that has done enough of them. */
    private static double verifyMicros(ConsensusNetwork network) {
        Transaction t = Transaction.sign(
                network.genesis().networkId(), ConsensusReplica.key(1, 8), 1, ConsensusReplica.MODULE, new byte[0]);
        long spent = 0;
        int count = 2000;
        for (int round = 0; round < 3; round++) {
            long begin = System.nanoTime();
            for (int i = 0; i < count; i++) {
                if (!t.signatureHolds()) {
                    throw new IllegalStateException("a good signature does not hold");
                }
            }
            spent = System.nanoTime() - begin;
        }
        return spent / 1e3 / count;
    }
}
