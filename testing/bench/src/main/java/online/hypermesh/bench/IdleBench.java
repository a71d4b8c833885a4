package online.hypermesh.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Resumption;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.spi.TransportEngine;

/** Idle connections to a server in a process of its own, and what they cost it. Confined to one thread. */
final class IdleBench {
    private static final int THREADS = 16;
    private static final int WARM_UP_CONNECTIONS = 200;

    /** Made and closed one after the other before, as the memory in which their code is compiled is not the connections'. */
    private static final int PASSING_CONNECTIONS = 4000;

    private static final int CONNECTING_SECONDS = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A small collector that gives memory back, so that what stays is what the connections need. */
    private static final List<String> SERVER_FLAGS =
            List.of("-XX:+UseSerialGC", "-Xmx2g", "-XX:MinHeapFreeRatio=5", "-XX:MaxHeapFreeRatio=10");

    private final Scale scale;
    private final Report report;

    IdleBench(Scale scale, Report report) {
        this.scale = scale;
        this.report = report;
    }

    private record Answer(int connections, long residentBytes) {}

    void measure(String metric, TransportEngine engine, Consumer<String> progress) {
        if (Machine.residentBytes().isEmpty()) {
            progress.accept("skipped: this system does not tell resident memory");
            return;
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(SERVER_FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), Main.IDLE_SERVER));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (BufferedReader from = new BufferedReader(
                            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                    Writer to = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)) {
                measure(metric, engine, from, to, progress);
            } finally {
                process.destroy();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the server process of the idle bench failed", e);
        }
    }

    private void measure(
            String metric, TransportEngine engine, BufferedReader from, Writer to, Consumer<String> progress)
            throws IOException {
        String[] where = line(from).split(" ");
        Endpoint server = new Endpoint(
                new InetSocketAddress(BenchNode.loopback().getAddress(), Integer.parseInt(where[0])),
                NodeId.fromHex(where[1]));
        try (Transport client =
                new BenchNode().open(engine, IdleServer.LIMITS, PostQuantum.PREFERRED, Resumption.DEFAULT)) {
            progress.accept("connecting " + PASSING_CONNECTIONS + ", closed at once, to warm up");
            connect(client, server, PASSING_CONNECTIONS, Connection::close);
            progress.accept("connecting " + WARM_UP_CONNECTIONS + " to begin with");
            connect(client, server, WARM_UP_CONNECTIONS, connection -> {});
            Answer before = ask(from, to, WARM_UP_CONNECTIONS);
            progress.accept("connecting " + scale.idleConnections());
            connect(client, server, scale.idleConnections(), connection -> {});
            Answer after = ask(from, to, WARM_UP_CONNECTIONS + scale.idleConnections());
            int added = after.connections - before.connections;
            report.metric(metric, (double) (after.residentBytes - before.residentBytes) / added);
            report.baseline(
                    metric,
                    Map.of(
                            "connections",
                            after.connections,
                            "resident_mb",
                            after.residentBytes / 1e6,
                            "resident_mb_with_" + WARM_UP_CONNECTIONS,
                            before.residentBytes / 1e6,
                            "server_jvm",
                            String.join(" ", SERVER_FLAGS)));
        }
    }

    private static void connect(Transport client, Endpoint server, int count, Consumer<Connection> then) {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        AtomicInteger left = new AtomicInteger(count);
        try {
            List<CompletableFuture<Void>> dialing = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                dialing.add(CompletableFuture.runAsync(
                        () -> {
                            while (left.decrementAndGet() >= 0) {
                                then.accept(client.connect(server, PATIENCE));
                            }
                        },
                        threads));
            }
            CompletableFuture.allOf(dialing.toArray(new CompletableFuture<?>[0]))
                    .orTimeout(CONNECTING_SECONDS, TimeUnit.SECONDS)
                    .join();
        } finally {
            threads.shutdownNow();
        }
    }

    /** The server's figures once it has so many connections. */
    private static Answer ask(BufferedReader from, Writer to, int connections) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Link.PATIENCE_SECONDS);
        Answer answer;
        do {
            to.write("measure\n");
            to.flush();
            String[] figures = line(from).split(" ");
            answer = new Answer(Integer.parseInt(figures[0]), Long.parseLong(figures[1]));
        } while (answer.connections < connections && System.nanoTime() < end);
        if (answer.connections < connections) {
            throw new IllegalStateException(
                    "the server keeps " + answer.connections + " of " + connections + " idle connections");
        }
        return answer;
    }

    private static String line(BufferedReader from) throws IOException {
        String line = from.readLine();
        if (line == null) {
            throw new IOException("the server process ended");
        }
        return line;
    }
}
