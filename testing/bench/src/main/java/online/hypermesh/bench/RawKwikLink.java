package online.hypermesh.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.kwik.KwikSettings;
import tech.kwik.core.QuicClientConnection;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicStream;
import tech.kwik.core.log.NullLogger;
import tech.kwik.core.server.ApplicationProtocolConnection;
import tech.kwik.core.server.ApplicationProtocolConnectionFactory;
import tech.kwik.core.server.ServerConnectionConfig;
import tech.kwik.core.server.ServerConnector;

/**
 * The baseline of the Kwik engine: Kwik by itself with the same sockets and windows. Its writers are woken when they are
 * stuck, or it would not come to an end.
 */
final class RawKwikLink implements Link {
    private static final String ALPN = "raw";
    private static final String ALIAS = "leaf";
    private static final Duration PATIENCE = Duration.ofSeconds(PATIENCE_SECONDS);

    private final ServerConnector server;
    private final DatagramSocket serverSocket;
    private final QuicClientConnection connection;
    private final ExecutorService threads;
    private final ScheduledExecutorService nudger;
    private final Set<OutputStream> writing = ConcurrentHashMap.newKeySet();
    private final byte[] chunk = Link.chunk();

    private RawKwikLink(
            ServerConnector server,
            DatagramSocket serverSocket,
            QuicClientConnection connection,
            ExecutorService threads) {
        this.server = server;
        this.serverSocket = serverSocket;
        this.connection = connection;
        this.threads = threads;
        this.nudger = Executors.newSingleThreadScheduledExecutor(RawKwikLink::daemon);
        nudger.scheduleWithFixedDelay(
                () -> writing.forEach(RawKwikLink::nudge),
                KwikSettings.NUDGE_AFTER_MILLIS,
                KwikSettings.NUDGE_AFTER_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "raw-kwik");
        thread.setDaemon(true);
        return thread;
    }

    static Map<String, Object> describe() {
        TransportLimits limits = TransportLimits.DEFAULT;
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("server_socket_buffer_bytes", KwikSettings.SERVER_SOCKET_BUFFER_BYTES);
        rows.put("client_socket_buffer_bytes", KwikSettings.CLIENT_SOCKET_BUFFER_BYTES);
        rows.put("connection_window_bytes", limits.connectionWindowBytes());
        rows.put("stream_window_bytes", limits.streamWindowBytes());
        rows.put("datagram_bytes", KwikSettings.UDP_PAYLOAD_BYTES);
        rows.put("stuck_writers", "woken every " + KwikSettings.NUDGE_AFTER_MILLIS + " ms");
        return rows;
    }

    static RawKwikLink open() {
        ExecutorService threads = Executors.newCachedThreadPool(RawKwikLink::daemon);
        TransportLimits limits = TransportLimits.DEFAULT;
        try {
            DatagramSocket bound = new DatagramSocket(BenchNode.loopback());
            buffers(bound, KwikSettings.SERVER_SOCKET_BUFFER_BYTES);
            ServerConnector server = ServerConnector.builder()
                    .withSocket(bound)
                    .withKeyStore(keyStore(), ALIAS, new char[0])
                    .withConfiguration(ServerConnectionConfig.builder()
                            .maxIdleTimeout((int) PATIENCE.toMillis())
                            .maxConnectionBufferSize(limits.connectionWindowBytes())
                            .maxBidirectionalStreamBufferSize(limits.streamWindowBytes())
                            .maxOpenPeerInitiatedBidirectionalStreams(limits.maxStreams())
                            .retryRequired(false)
                            .connectionIdLength(KwikSettings.CONNECTION_ID_BYTES)
                            .build())
                    .withLogger(new NullLogger())
                    .build();
            server.registerApplicationProtocol(ALPN, new Answering(threads, limits.maxStreams()));
            server.start();
            QuicClientConnection connection = QuicClientConnection.newBuilder()
                    .host("raw")
                    .proxy("::1")
                    .preferIPv6()
                    .port(bound.getLocalPort())
                    .applicationProtocol(ALPN)
                    .connectTimeout(PATIENCE)
                    .maxIdleTimeout(PATIENCE)
                    .defaultStreamReceiveBufferSize((limits.connectionWindowBytes() + 9L) / 10)
                    .noServerCertificateCheck()
                    .socketFactory(remote -> {
                        DatagramSocket own = new DatagramSocket(
                                new InetSocketAddress(BenchNode.loopback().getAddress(), 0));
                        buffers(own, KwikSettings.CLIENT_SOCKET_BUFFER_BYTES);
                        return own;
                    })
                    .logger(new NullLogger())
                    .build();
            connection.connect();
            return new RawKwikLink(server, bound, connection, threads);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("plain Kwik does not connect", e);
        }
    }

    private static void buffers(DatagramSocket socket, int bytes) throws SocketException {
        socket.setReceiveBufferSize(bytes);
        socket.setSendBufferSize(bytes);
    }

    private static KeyStore keyStore() throws GeneralSecurityException, IOException {
        Credentials credentials = new BenchNode().credentials();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, new char[0]);
        store.setKeyEntry(
                ALIAS, credentials.leafKey(), new char[0], credentials.chain().toArray(new Certificate[0]));
        return store;
    }

    private static void nudge(OutputStream out) {
        try {
            out.write(new byte[0], 0, 0);
        } catch (IOException e) {
            // the stream ended in between; its writer knows
        }
    }

    /** The server: reads every stream to its end and answers. */
    private record Answering(ExecutorService threads, int streams) implements ApplicationProtocolConnectionFactory {
        @Override
        public int maxConcurrentPeerInitiatedBidirectionalStreams() {
            return streams;
        }

        @Override
        public ApplicationProtocolConnection createConnection(String protocol, QuicConnection accepted) {
            return new ApplicationProtocolConnection() {
                @Override
                public void acceptPeerInitiatedStream(QuicStream stream) {
                    threads.execute(() -> answer(stream));
                }
            };
        }

        private static void answer(QuicStream stream) {
            byte[] buffer = new byte[CHUNK_BYTES];
            byte[] echo = new byte[REQUEST_BYTES];
            try (InputStream in = stream.getInputStream();
                    OutputStream out = stream.getOutputStream()) {
                long received = 0;
                byte kind = 0;
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    if (received == 0 && n > 0) {
                        kind = buffer[0];
                    }
                    if (kind == REQUEST) {
                        System.arraycopy(buffer, 0, echo, (int) received, n);
                    }
                    received += n;
                }
                out.write(
                        kind == REQUEST
                                ? echo
                                : ByteBuffer.allocate(Long.BYTES)
                                        .putLong(received)
                                        .array());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void upload(int streams, long bytesPerStream) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            done.add(CompletableFuture.runAsync(() -> write(bytesPerStream), threads));
        }
        done.forEach(StoqLink::await);
    }

    private void write(long bytes) {
        try {
            QuicStream stream = connection.createStream(true);
            OutputStream out = stream.getOutputStream();
            writing.add(out);
            try {
                for (long left = bytes; left > 0; ) {
                    int length = (int) Math.min(left, chunk.length);
                    out.write(chunk, 0, length);
                    left -= length;
                }
            } finally {
                writing.remove(out);
            }
            out.close();
            long counted = new DataInputStream(stream.getInputStream()).readLong();
            if (counted != bytes) {
                throw new IllegalStateException("the server counted " + counted + " of " + bytes + " bytes");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void requests(long[] nanos) {
        for (int i = 0; i < nanos.length; i++) {
            long begin = System.nanoTime();
            try {
                QuicStream stream = connection.createStream(true);
                stream.getOutputStream().write(Link.request());
                stream.getOutputStream().close();
                stream.getInputStream().readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            nanos[i] = System.nanoTime() - begin;
        }
    }

    @Override
    public void close() {
        nudger.shutdownNow();
        connection.close();
        server.close();
        serverSocket.close();
        threads.shutdownNow();
    }
}
