package online.hypermesh.node.stoq;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.session.Transports;

/**
 * A node with a fresh identity that answers two kinds of streams: those that begin with {@link #ECHO} come back, of those
 * that begin with {@link #UPLOAD} come back the number of the bytes after the first (eight bytes) and their SHA-256. Any
 * node of its network may connect. Thread-safe.
 */
public final class TrialNode implements AutoCloseable {
    static final byte ECHO = 1;
    static final byte UPLOAD = 2;
    static final int MAX_ECHO_BYTES = 65_536;
    static final int RECEIPT_BYTES = Long.BYTES + Digest.LENGTH;

    private static final int CHUNK_BYTES = 64 * 1024;
    private static final Duration LEAF = Duration.ofHours(12);
    private static final ThreadLocal<byte[]> BUFFERS = ThreadLocal.withInitial(() -> new byte[CHUNK_BYTES]);

    private final NetworkId network;
    private final Transport transport;

    private TrialNode(NetworkId network, Transport transport) {
        this.network = network;
        this.transport = transport;
    }

    /**
     * Starts answering.
     *
     * @param bind a resolved IPv6 address; port 0 for any free port
     * @param network whose nodes may connect
     * @return the node
     * @throws StoqException ADDRESS_IN_USE or NO_ENGINE
     */
    public static TrialNode open(InetSocketAddress bind, NetworkId network) {
        Transport transport = transport(bind, network, evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL));
        transport.onConnection(connection -> connection.onStream(stream -> new Answering(stream).readable()));
        return new TrialNode(network, transport);
    }

    /** A transport under a fresh identity, whose leaf is renewed in time. */
    static Transport transport(InetSocketAddress bind, NetworkId network, PeerVerifier verifier) {
        SigningKey key = SigningKey.generate(new SecureRandom());
        Credentials[] leaf = {SelfSignedLeaf.create(key, network, LEAF)};
        long[] renewAtNanos = {System.nanoTime() + LEAF.toNanos() / 2};
        return Transports.open(TransportConfig.builder(
                        network,
                        key.verifyKey(),
                        () -> {
                            synchronized (renewAtNanos) {
                                if (System.nanoTime() - renewAtNanos[0] > 0) {
                                    leaf[0] = SelfSignedLeaf.create(key, network, LEAF);
                                    renewAtNanos[0] = System.nanoTime() + LEAF.toNanos() / 2;
                                }
                                return leaf[0];
                            }
                        },
                        verifier)
                .bind(bind)
                .build());
    }

    /**
     * A network nobody else has.
     *
     * @return its id
     */
    public static NetworkId freshNetwork() {
        byte[] id = new byte[Digest.LENGTH];
        new SecureRandom().nextBytes(id);
        return new NetworkId(Digest.of(id));
    }

    /**
     * What a client needs to know.
     *
     * @return address, identity and network
     */
    public TrialAddress address() {
        return new TrialAddress(new Endpoint(transport.localAddress(), transport.self()), network);
    }

    /**
     * Who this node is.
     *
     * @return its identity
     */
    public NodeId id() {
        return transport.self();
    }

    @Override
    public void close() {
        transport.close();
    }

    /** One stream, driven by its events. */
    private static final class Answering {
        private final Stream stream;
        private final MessageDigest hash = Hashing.sha256();
        private byte[] echo = new byte[0];
        private long received;
        private byte kind;

        Answering(Stream stream) {
            this.stream = stream;
        }

        void readable() {
            byte[] buffer = BUFFERS.get();
            try {
                int n = stream.readNow(buffer, 0, buffer.length);
                while (n > 0) {
                    if (!take(buffer, n)) {
                        stream.reset(1);
                        return;
                    }
                    n = stream.readNow(buffer, 0, buffer.length);
                }
                if (n == 0) {
                    stream.onReadable(this::readable);
                    return;
                }
                byte[] answer = kind == ECHO
                        ? echo
                        : ByteBuffer.allocate(RECEIPT_BYTES)
                                .putLong(received)
                                .put(hash.digest())
                                .array();
                stream.offer(answer, 0, answer.length, true);
            } catch (StoqException e) {
                // the peer or the path gave the stream up; nobody waits for an answer
                stream.reset(0);
            }
        }

        private boolean take(byte[] bytes, int length) {
            int from = 0;
            if (kind == 0) {
                kind = bytes[0];
                from = 1;
            }
            if (kind == UPLOAD) {
                hash.update(bytes, from, length - from);
                received += length - from;
                return true;
            }
            if (kind != ECHO || echo.length + length - from > MAX_ECHO_BYTES) {
                return false;
            }
            byte[] longer = Arrays.copyOf(echo, echo.length + length - from);
            System.arraycopy(bytes, from, longer, echo.length, length - from);
            echo = longer;
            return true;
        }
    }
}
