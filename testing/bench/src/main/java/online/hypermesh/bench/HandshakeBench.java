package online.hypermesh.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Resumption;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.TransportEngine;

/**
 * Mutual handshakes from several threads, each closed at once. Turns count once the compilers are done: a handshake runs through so
 * much code that on two cores it takes them half a minute. Confined to one thread.
 */
final class HandshakeBench {
    private static final int THREADS = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Warm is what leaves the compilers less to do than this share of the time. */
    private static final double COMPILING = 0.1;

    private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(60);
    private static final TransportLimits LIMITS = TransportLimits.DEFAULT.withCounts(1024, 1 << 17, 256).toBuilder()
            .maxConnectionsPerPeer(1 << 17)
            .build();

    private final Scale scale;
    private final Report report;

    HandshakeBench(Scale scale, Report report) {
        this.scale = scale;
        this.report = report;
    }

    void run(String metric, TransportEngine engine, Resumption resumption, Consumer<String> progress) {
        double[] rates = new double[scale.pairs()];
        double[] cpu = new double[scale.pairs()];
        ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "bench-dialer");
            thread.setDaemon(true);
            return thread;
        });
        try (Transport server = new BenchNode().open(engine, LIMITS, PostQuantum.OFF, resumption);
                Transport client = new BenchNode().open(engine, LIMITS, PostQuantum.OFF, resumption)) {
            server.onConnection(accepted -> {});
            Endpoint target = new Endpoint(server.localAddress(), server.self());
            warmUp(client, target, threads, progress);
            for (int i = 0; i < scale.pairs(); i++) {
                progress.accept("turn " + (i + 1) + " of " + scale.pairs());
                AtomicLong made = new AtomicLong();
                Run run = Meter.measure(() -> dial(client, target, threads, made));
                rates[i] = run.perSecond(made.get());
                cpu[i] = run.cpuNanos() / 1e3 / made.get();
            }
        } finally {
            threads.shutdownNow();
        }
        report.metric(metric, Duel.median(rates));
        report.baseline(
                metric,
                Map.of("threads", THREADS, "cpu_us_both_ends", Duel.median(cpu), "closed", "as soon as connected"));
    }

    private void warmUp(Transport client, Endpoint target, ExecutorService threads, Consumer<String> progress) {
        long end = System.nanoTime() + LONGEST_WARM_UP.toNanos();
        double compiling = 1;
        for (int turn = 1; turn <= scale.warmUps() || compiling > COMPILING && System.nanoTime() < end; turn++) {
            progress.accept("warm-up " + turn);
            long before = Meter.compilingMillis();
            Run run = Meter.measure(() -> dial(client, target, threads, new AtomicLong()));
            compiling = (Meter.compilingMillis() - before) / (run.nanos() / 1e6);
        }
    }

    private void dial(Transport client, Endpoint target, ExecutorService threads, AtomicLong made) {
        long end = System.nanoTime() + scale.handshakes().toNanos();
        List<CompletableFuture<Void>> dialing = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            dialing.add(CompletableFuture.runAsync(
                    () -> {
                        while (System.nanoTime() < end) {
                            client.connect(target, PATIENCE).close();
                            made.incrementAndGet();
                        }
                    },
                    threads));
        }
        dialing.forEach(StoqLink::await);
    }
}
