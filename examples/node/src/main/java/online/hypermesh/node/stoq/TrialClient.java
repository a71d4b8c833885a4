package online.hypermesh.node.stoq;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.function.LongConsumer;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.error.Retry;

/** Connections from a fresh identity to a {@link TrialNode}. Confined to one thread. */
public final class TrialClient implements AutoCloseable {
    private static final int CHUNK_BYTES = 64 * 1024;

    private final TrialAddress target;
    private final Duration deadline;
    private final Transport transport;

    /**
     * Opens a transport.
     *
     * @param target whom to talk to
     * @param deadline longest wait for each step
     */
    public TrialClient(TrialAddress target, Duration deadline) {
        this.target = target;
        this.deadline = deadline;
        this.transport = TrialNode.transport(
                anyAddress(),
                target.network(),
                new PinnedPeers(Set.of(target.endpoint().id())));
    }

    private static InetSocketAddress anyAddress() {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[16]), 0);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("sixteen bytes are an IPv6 address", e);
        }
    }

    /**
     * Connects and authenticates.
     *
     * @return the link
     */
    public Link connect() {
        long begin = System.nanoTime();
        Connection connection = transport.connect(target.endpoint(), deadline);
        return new Link(connection, deadline, System.nanoTime() - begin);
    }

    @Override
    public void close() {
        transport.close();
    }

    /**
     * What arrived of an upload, as the receiver confirmed it.
     *
     * @param bytes how many
     * @param nanos how long it took
     */
    public record Receipt(long bytes, long nanos) {}

    /** An open connection. Confined to one thread. */
    public static final class Link implements AutoCloseable {
        private final Connection connection;
        private final Duration deadline;
        private final long connectNanos;

        private Link(Connection connection, Duration deadline, long connectNanos) {
            this.connection = connection;
            this.deadline = deadline;
            this.connectNanos = connectNanos;
        }

        /**
         * How long connecting took.
         *
         * @return nanoseconds for TLS and hello
         */
        public long connectNanos() {
            return connectNanos;
        }

        /**
         * How the bytes are protected.
         *
         * @return the protection
         */
        public Protection protection() {
            return connection.protection();
        }

        /**
         * How the path does.
         *
         * @return what the engine tells
         */
        public PathStatistics path() {
            return connection.statistics(deadline).path();
        }

        /**
         * Sends bytes on a new stream and waits until they are back.
         *
         * @param bytes how many, 1..65536
         * @return how long it took, in nanoseconds
         */
        public long echo(int bytes) {
            byte[] question = new byte[1 + bytes];
            Arrays.fill(question, (byte) 0x55);
            question[0] = TrialNode.ECHO;
            long begin = System.nanoTime();
            Stream stream = connection.open();
            stream.write(question, 0, question.length, true, deadline);
            byte[] answer = stream.readToEnd(bytes, deadline);
            long nanos = System.nanoTime() - begin;
            if (!Arrays.equals(answer, 0, answer.length, question, 1, question.length)) {
                throw damaged("an echo of " + bytes + " bytes came back with " + answer.length + ", or changed");
            }
            return nanos;
        }

        /**
         * Sends a file on a new stream until the receiver has confirmed its length and hash.
         *
         * @param file what to send
         * @param progress told the bytes sent so far
         * @return the receipt
         */
        public Receipt send(Path file, LongConsumer progress) {
            try (InputStream in = Files.newInputStream(file)) {
                return send(in, progress);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /**
         * Sends for so long as asked on a new stream.
         *
         * @param time how long
         * @return the receipt
         */
        public Receipt load(Duration time) {
            long end = System.nanoTime() + time.toNanos();
            byte[] block = new byte[CHUNK_BYTES];
            try (InputStream endless = new InputStream() {
                @Override
                public int read() {
                    throw new UnsupportedOperationException("read in chunks");
                }

                @Override
                public int read(byte[] bytes, int offset, int length) {
                    if (System.nanoTime() - end > 0) {
                        return -1;
                    }
                    System.arraycopy(block, 0, bytes, offset, length);
                    return length;
                }
            }) {
                return send(endless, sent -> {});
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Receipt send(InputStream in, LongConsumer progress) throws IOException {
            MessageDigest hash = Hashing.sha256();
            byte[] chunk = new byte[CHUNK_BYTES];
            long sent = 0;
            long begin = System.nanoTime();
            Stream stream = connection.open();
            stream.write(new byte[] {TrialNode.UPLOAD}, deadline);
            for (int n = in.read(chunk, 0, chunk.length); n >= 0; n = in.read(chunk, 0, chunk.length)) {
                hash.update(chunk, 0, n);
                stream.write(chunk, 0, n, false, deadline);
                sent += n;
                progress.accept(sent);
            }
            stream.finish(deadline);
            ByteBuffer receipt = ByteBuffer.wrap(stream.readExactly(TrialNode.RECEIPT_BYTES, deadline));
            long nanos = System.nanoTime() - begin;
            long received = receipt.getLong();
            byte[] theirs = new byte[receipt.remaining()];
            receipt.get(theirs);
            if (received != sent || !MessageDigest.isEqual(theirs, hash.digest())) {
                throw damaged("the receiver confirmed " + received + " of " + sent + " bytes, or other ones");
            }
            return new Receipt(sent, nanos);
        }

        private static StoqException damaged(String what) {
            return new StoqException(
                    StoqException.Code.MALFORMED_FRAME,
                    Retry.WHOLE_OPERATION,
                    what + "; check that the other end is stoq serve of this version");
        }

        @Override
        public void close() {
            connection.close();
        }
    }
}
