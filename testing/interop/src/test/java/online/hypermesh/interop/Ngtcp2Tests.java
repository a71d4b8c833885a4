package online.hypermesh.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** STOQ's native engine against ngtcp2 with GnuTLS, in both roles. */
@Timeout(120)
class Ngtcp2Tests {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final int BODY_BYTES = 3_000_000;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    private Path folder;

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private static byte[] body() {
        byte[] bytes = new byte[BODY_BYTES];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        return bytes;
    }

    /** A node that answers every request with a body, and keeps the bodies that requests bring. */
    private Transport serve(TransportLimits limits, byte[] answer, CompletableFuture<byte[]> uploaded) {
        return new Node().open(limits, Http3.ALPN, connection -> {
            Http3.greet(connection);
            connection.onStream(stream -> threads.execute(() -> {
                try {
                    uploaded.complete(Http3.readMessage(stream));
                    Http3.respond(stream, answer);
                } catch (IOException | StoqException e) {
                    uploaded.completeExceptionally(e);
                }
            }));
        });
    }

    private ForeignProgram.Running client(Transport server, String... options) {
        List<String> arguments =
                new ArrayList<>(List.of("--exit-on-all-streams-close", "--no-quic-dump", "--no-http-dump"));
        arguments.addAll(List.of(options));
        String port = Integer.toString(server.localAddress().getPort());
        arguments.addAll(List.of("::1", port, "https://[::1]:" + port + "/body"));
        return ForeignProgram.NGTCP2_CLIENT.start(folder, arguments.toArray(new String[0]));
    }

    @Test
    void itsClientDownloadsFromStoq() throws Exception {
        ForeignProgram.NGTCP2_CLIENT.require();
        byte[] sent = body();
        try (Transport server = serve(TransportLimits.DEFAULT, sent, new CompletableFuture<>());
                ForeignProgram.Running client = client(server, "--download=" + folder)) {
            client.finish();
            assertThat(Files.readAllBytes(folder.resolve("body"))).isEqualTo(sent);
        }
    }

    @Test
    void itsClientUploadsToStoq() throws Exception {
        ForeignProgram.NGTCP2_CLIENT.require();
        byte[] sent = body();
        Path file = Files.write(folder.resolve("upload"), sent);
        CompletableFuture<byte[]> uploaded = new CompletableFuture<>();
        try (Transport server = serve(TransportLimits.DEFAULT, new byte[] {1}, uploaded);
                ForeignProgram.Running client = client(server, "--http-method=POST", "--data=" + file)) {
            assertThat(uploaded.get(20, TimeUnit.SECONDS)).isEqualTo(sent);
            client.finish();
        }
    }

    @Test
    void itsClientIsSentARetryByStoqAndComesBack() throws Exception {
        ForeignProgram.NGTCP2_CLIENT.require();
        TransportLimits always =
                TransportLimits.DEFAULT.toBuilder().retryAboveHandshakes(0).build();
        byte[] sent = body();
        try (Transport server = serve(always, sent, new CompletableFuture<>());
                ForeignProgram.Running client = client(server, "--download=" + folder)) {
            assertThat(client.finish()).contains("Retry");
            assertThat(Files.readAllBytes(folder.resolve("body"))).isEqualTo(sent);
        }
    }

    @Test
    void itsClientChangesItsPortAndGoesOn() throws Exception {
        ForeignProgram.NGTCP2_CLIENT.require();
        byte[] sent = body();
        try (Transport server = serve(TransportLimits.DEFAULT, sent, new CompletableFuture<>());
                ForeignProgram.Running client = client(
                        server,
                        "--change-local-addr=1ms",
                        "--nat-rebinding",
                        "--delay-stream=100ms",
                        "--download=" + folder)) {
            client.finish();
            assertThat(Files.readAllBytes(folder.resolve("body"))).isEqualTo(sent);
        }
    }

    private void downloadFromItsServer(String... options) throws Exception {
        Path documents = Files.createDirectory(folder.resolve("htdocs"));
        byte[] sent = body();
        Files.write(documents.resolve("body"), sent);
        Node owner = new Node();
        int port = Node.freePort();
        List<String> arguments = new ArrayList<>(List.of("--htdocs=" + documents, "--no-quic-dump", "--no-http-dump"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of(
                "::1",
                Integer.toString(port),
                owner.writeKey(folder).toString(),
                owner.writeCertificate(folder).toString()));
        CompletableFuture<List<X509Certificate>> shown = new CompletableFuture<>();
        try (ForeignProgram.Running server =
                        ForeignProgram.NGTCP2_SERVER.start(folder, arguments.toArray(new String[0]));
                Transport client = new Node().open(TransportLimits.DEFAULT)) {
            QuicConnection connection = connect(client, port, server, shown);
            Http3.greet(connection);
            assertThat(Http3.get(connection, "[::1]:" + port, "/body")).isEqualTo(sent);
            assertThat(connection.protocol()).isEqualTo("h3");
            assertThat(shown.join()).isEqualTo(connection.tlsPeer());
            connection.close();
        }
    }

    /** Connects as soon as the program listens. */
    private static QuicConnection connect(
            Transport client, int port, ForeignProgram.Running server, CompletableFuture<List<X509Certificate>> shown)
            throws InterruptedException {
        long end = System.nanoTime() + WAIT.toNanos();
        while (true) {
            try {
                return client.connectPlain(
                        new InetSocketAddress(Node.loopback(), port),
                        Http3.ALPN,
                        chain -> {
                            shown.complete(chain);
                            return new PeerVerifier.Judgement.Accepted(Standing.FULL);
                        },
                        WAIT);
            } catch (StoqException e) {
                if (e.code() != StoqException.Code.UNREACHABLE
                        || System.nanoTime() > end
                        || server.process().waitFor(50, TimeUnit.MILLISECONDS)) {
                    throw new AssertionError(server.printed(), e);
                }
            }
        }
    }

    @Test
    void stoqDownloadsFromItsServer() throws Exception {
        ForeignProgram.NGTCP2_SERVER.require();
        downloadFromItsServer();
    }

    @Test
    void stoqIsSentARetryByItsServerAndComesBack() throws Exception {
        ForeignProgram.NGTCP2_SERVER.require();
        downloadFromItsServer("--validate-addr");
    }
}
