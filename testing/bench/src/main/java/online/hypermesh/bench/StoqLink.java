package online.hypermesh.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Resumption;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.TransportEngine;

/**
 * A connection through the STOQ API with its default limits. Up to {@value #BLOCKING_STREAMS} streams are written by a
 * blocking thread each, more of them by offers.
 */
final class StoqLink implements Link {
    static final int BLOCKING_STREAMS = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(PATIENCE_SECONDS);
    private static final ThreadLocal<byte[]> BUFFERS = ThreadLocal.withInitial(() -> new byte[CHUNK_BYTES]);

    private final Transport server;
    private final Transport client;
    private final Connection connection;
    private final ExecutorService writers = Executors.newFixedThreadPool(BLOCKING_STREAMS, task -> {
        Thread thread = new Thread(task, "bench-writer");
        thread.setDaemon(true);
        return thread;
    });
    private final byte[] chunk = Link.chunk();
    private final byte[] question = Link.request();
    private final byte[] answer = new byte[REQUEST_BYTES + 1];

    private StoqLink(Transport server, Transport client, Connection connection) {
        this.server = server;
        this.client = client;
        this.connection = connection;
    }

    /** Streams that are protected by TLS alone, as the baselines' are. */
    static StoqLink open(TransportEngine engine) {
        return open(engine, PostQuantum.OFF);
    }

    /** Streams that are encrypted once more under an ML-KEM-768 exchange. */
    static StoqLink sealed(TransportEngine engine) {
        return open(new ClassicalEngine(engine), PostQuantum.REQUIRED);
    }

    private static StoqLink open(TransportEngine engine, PostQuantum postQuantum) {
        TransportLimits limits = TransportLimits.DEFAULT;
        Transport server = new BenchNode().open(engine, limits, postQuantum, Resumption.OFF);
        server.onConnection(accepted -> accepted.onStream(stream -> new Answering(stream).readable()));
        Transport client = new BenchNode().open(engine, limits, postQuantum, Resumption.OFF);
        Connection connection = client.connect(new Endpoint(server.localAddress(), server.self()), PATIENCE);
        return new StoqLink(server, client, connection);
    }

    /** The server's side of a stream, driven by its events. */
    private static final class Answering {
        private final Stream stream;
        private final byte[] echo = new byte[REQUEST_BYTES];
        private long received;
        private byte kind;

        Answering(Stream stream) {
            this.stream = stream;
        }

        void readable() {
            byte[] buffer = BUFFERS.get();
            for (int n = stream.readNow(buffer, 0, buffer.length); n >= 0; ) {
                if (n == 0) {
                    stream.onReadable(this::readable);
                    return;
                }
                if (received == 0) {
                    kind = buffer[0];
                }
                if (kind == REQUEST) {
                    System.arraycopy(buffer, 0, echo, (int) received, n);
                }
                received += n;
                n = stream.readNow(buffer, 0, buffer.length);
            }
            byte[] reply = kind == REQUEST
                    ? echo
                    : ByteBuffer.allocate(8).putLong(received).array();
            stream.offer(reply, 0, reply.length, true);
        }
    }

    @Override
    public void upload(int streams, long bytesPerStream) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            if (streams <= BLOCKING_STREAMS) {
                done.add(CompletableFuture.runAsync(() -> write(bytesPerStream), writers));
            } else {
                Uploading uploading = new Uploading(connection.open(), bytesPerStream);
                done.add(uploading.done);
                uploading.writable();
            }
        }
        for (CompletableFuture<Void> one : done) {
            await(one);
        }
    }

    private void write(long bytes) {
        Stream stream = connection.open();
        for (long left = bytes; left > 0; ) {
            int length = (int) Math.min(left, chunk.length);
            left -= length;
            stream.write(chunk, 0, length, left == 0, PATIENCE);
        }
        confirm(stream.readToEnd(Long.BYTES, PATIENCE), bytes);
    }

    private static void confirm(byte[] reply, long bytes) {
        long counted = ByteBuffer.wrap(reply).getLong();
        if (counted != bytes) {
            throw new IllegalStateException("the server counted " + counted + " of " + bytes + " bytes");
        }
    }

    /** The client's side of one of very many uploads. */
    private final class Uploading {
        final CompletableFuture<Void> done = new CompletableFuture<>();
        private final Stream stream;
        private final long bytes;
        private final byte[] reply = new byte[Long.BYTES];
        private int replied;
        private long left;

        Uploading(Stream stream, long bytes) {
            this.stream = stream;
            this.bytes = bytes;
            this.left = bytes;
        }

        void writable() {
            try {
                while (left > 0) {
                    int length = (int) Math.min(left, chunk.length);
                    if (!stream.offer(chunk, 0, length, left == length)) {
                        stream.onWritable(this::writable);
                        return;
                    }
                    left -= length;
                }
                readable();
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        }

        void readable() {
            try {
                while (replied < reply.length) {
                    int n = stream.readNow(reply, replied, reply.length - replied);
                    if (n < 0) {
                        throw new IllegalStateException("the server confirmed nothing");
                    }
                    if (n == 0) {
                        stream.onReadable(this::readable);
                        return;
                    }
                    replied += n;
                }
                confirm(reply, bytes);
                done.complete(null);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        }
    }

    @Override
    public void requests(long[] nanos) {
        for (int i = 0; i < nanos.length; i++) {
            long begin = System.nanoTime();
            Stream stream = connection.open();
            stream.write(question, 0, question.length, true, PATIENCE);
            int filled = 0;
            for (int n = 0; n >= 0; n = stream.read(answer, filled, answer.length - filled, PATIENCE)) {
                filled += n;
            }
            nanos[i] = System.nanoTime() - begin;
            if (filled != REQUEST_BYTES) {
                throw new IllegalStateException("the server answered " + filled + " of " + REQUEST_BYTES + " bytes");
            }
        }
    }

    static void await(CompletableFuture<?> done) {
        try {
            done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a turn failed: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("a turn did not end within " + PATIENCE_SECONDS + " s", e);
        }
    }

    @Override
    public void close() {
        writers.shutdownNow();
        client.close();
        server.close();
    }
}
