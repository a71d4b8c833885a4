package online.hypermesh.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Resumption;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.netty.NettyEngine;

/**
 * A process that only accepts. It prints its port and identity; to every line that it reads it answers with its open
 * connections and resident bytes after a garbage collection; it ends with its input.
 */
final class IdleServer {
    /** Nobody says anything during the measurement. */
    static final TransportLimits LIMITS = TransportLimits.DEFAULT
            .withIdleTimeout(Duration.ofMinutes(10), Duration.ofMinutes(4))
            .withHandshakeTimeout(Duration.ofSeconds(60))
            .withCounts(1024, 1 << 17, 256)
            .toBuilder()
            .maxConnectionsPerPeer(1 << 17)
            .build();

    private IdleServer() {}

    static void run(PrintWriter out, InputStream in) throws IOException {
        AtomicInteger open = new AtomicInteger();
        try (Transport server =
                new BenchNode().open(new NettyEngine(), LIMITS, PostQuantum.PREFERRED, Resumption.DEFAULT)) {
            server.onConnection(accepted -> {
                open.incrementAndGet();
                accepted.onClosed(reason -> open.decrementAndGet());
            });
            out.println(server.localAddress().getPort() + " " + server.self());
            out.flush();
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            while (lines.readLine() != null) {
                System.gc();
                out.println(open.get() + " " + Machine.residentBytes().orElse(-1L));
                out.flush();
            }
        }
    }
}
