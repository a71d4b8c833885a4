package online.hypermesh.tck.transport;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** Speaks the hello by hand over an engine, written from the specification and not from the implementation. */
final class RawPeer implements ConnectionSink, StreamSink {
    private static final long WAIT_SECONDS = 10;

    private final BlockingQueue<byte[]> frames = new ArrayBlockingQueue<>(64);
    private final CompletableFuture<RawStream> control = new CompletableFuture<>();
    final CompletableFuture<StoqException> closed = new CompletableFuture<>();
    private byte[] partial = new byte[0];
    private @Nullable RawConnection connection;

    /** Dials as a client; the hello's stream is the first one the server opens. */
    static RawPeer dial(RawEndpoint endpoint, InetSocketAddress remote) {
        RawPeer peer = new RawPeer();
        peer.connection = endpoint.connect(remote, "stoq/1", peer, Duration.ofSeconds(WAIT_SECONDS));
        return peer;
    }

    /** Plays the server on an accepted connection: opens the stream of the hello. */
    static RawPeer accept(RawConnection accepted) {
        RawPeer peer = new RawPeer();
        peer.connection = accepted;
        RawStream stream = accepted.open(false, peer);
        stream.demand();
        peer.control.complete(stream);
        return peer;
    }

    RawConnection connection() {
        RawConnection made = connection;
        if (made == null) {
            throw new IllegalStateException("not connected");
        }
        return made;
    }

    void send(byte[] frame) throws Exception {
        sendBytes(ByteBuffer.allocate(4 + frame.length)
                .putInt(frame.length)
                .put(frame)
                .array());
    }

    void sendBytes(byte[] bytes) throws Exception {
        control.get(WAIT_SECONDS, TimeUnit.SECONDS).offer(bytes, 0, bytes.length, false);
    }

    byte[] receive() throws Exception {
        byte[] frame = frames.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("no frame of the hello within " + WAIT_SECONDS + " s");
        }
        return frame;
    }

    /** Code of the refusal that comes next. */
    String receiveRefusal() throws Exception {
        CborReader in = new CborReader(receive());
        in.expectArray(3).expect(5, "type of refusal");
        return in.text(64);
    }

    static byte[] nonceOf(byte[] challenge) {
        return new CborReader(challenge)
                .expectArray(3)
                .expect(1, "type of challenge")
                .expect(1, "version")
                .fixedBytes(32);
    }

    static byte[] challenge(byte[] nonce) {
        return new CborWriter().array(3).uint(1).uint(1).bytes(nonce).toBytes();
    }

    /** A client hello, signed for one server and leaf, and possibly saying another. */
    static byte[] clientHello(
            Party client,
            NodeId signedServer,
            Digest signedLeaf,
            NodeId saidServer,
            Digest saidLeaf,
            byte[] serverNonce,
            int protection) {
        Credentials credentials = client.credentials.get();
        byte[] nonce = new byte[32];
        Arrays.fill(nonce, (byte) 7);
        byte[] leaf = der(credentials.chain().get(0));
        byte[] statement = new CborWriter()
                .array(10)
                .uint(1)
                .text("stoq/1")
                .bytes(client.id.digest().toBytes())
                .bytes(signedServer.digest().toBytes())
                .bytes(nonce)
                .bytes(serverNonce)
                .bytes(signedLeaf.toBytes())
                .uint(protection)
                .bytes(Digest.sha256(leaf).toBytes())
                .bytes(Digest.sha256(new byte[0]).toBytes())
                .toBytes();
        return new CborWriter()
                .array(10)
                .uint(2)
                .uint(1)
                .bytes(client.network.digest().toBytes())
                .bytes(saidServer.digest().toBytes())
                .bytes(saidLeaf.toBytes())
                .bytes(nonce)
                .uint(protection)
                .array(1)
                .bytes(leaf)
                .bytes(new byte[0])
                .bytes(credentials
                        .helloKey()
                        .sign(new DomainTag("stoq/hello-client/v1"), client.network, statement)
                        .toBytes())
                .toBytes();
    }

    static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public StreamSink stream(RawStream stream) {
        stream.demand();
        control.complete(stream);
        return this;
    }

    @Override
    public void closed(StoqException reason) {
        closed.complete(reason);
    }

    @Override
    public void data(byte[] bytes) {
        byte[] all = Arrays.copyOf(partial, partial.length + bytes.length);
        System.arraycopy(bytes, 0, all, partial.length, bytes.length);
        int at = 0;
        while (all.length - at >= 4) {
            int length = ByteBuffer.wrap(all, at, 4).getInt();
            if (all.length - at - 4 < length) {
                break;
            }
            frames.add(Arrays.copyOfRange(all, at + 4, at + 4 + length));
            at += 4 + length;
        }
        partial = Arrays.copyOfRange(all, at, all.length);
        control.thenAccept(RawStream::demand);
    }

    @Override
    public void datagram(byte[] bytes) {}

    @Override
    public void moved(InetSocketAddress from, InetSocketAddress to) {}

    @Override
    public void opened() {}

    @Override
    public void reset(OptionalLong code) {}

    @Override
    public void stopped(OptionalLong code) {}

    @Override
    public void end() {}

    @Override
    public void writable() {}

    @Override
    public void failed(StoqException reason) {}
}
