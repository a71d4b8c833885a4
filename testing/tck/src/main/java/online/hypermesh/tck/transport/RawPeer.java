package online.hypermesh.tck.transport;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
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
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** Speaks the hello by hand over an engine, written from the specification and not from the implementation. */
final class RawPeer implements ConnectionSink, StreamSink {
    private static final long WAIT_SECONDS = Facts.WAIT.toSeconds();

    private final BlockingQueue<byte[]> frames = new ArrayBlockingQueue<>(64);
    private final CompletableFuture<RawStream> control = new CompletableFuture<>();
    final CompletableFuture<StoqException> closed = new CompletableFuture<>();
    final CompletableFuture<OptionalLong> reset = new CompletableFuture<>();
    private final BlockingQueue<Byte> heard = new ArrayBlockingQueue<>(4096);
    private volatile boolean listening;
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

    /** The hello is complete as far as this side reads; what comes now is taken byte by byte. */
    void listen() {
        listening = true;
    }

    /** The next byte after the hello. */
    byte heard() throws Exception {
        Byte next = heard.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing on the control stream within " + WAIT_SECONDS + " s");
        }
        return next;
    }

    /** Code of the refusal that comes next. */
    String receiveRefusal() throws Exception {
        CborReader in = new CborReader(receive());
        in.expectArray(3).expect(5, "type of refusal");
        return in.text(64);
    }

    /** A capability as offers carry it. */
    record Offer(int id, boolean critical, byte[] value) {}

    /** Offers of a peer without post-quantum exchange and tickets. */
    static List<Offer> plainOffers() {
        return List.of(new Offer(1, false, new byte[] {1}), new Offer(2, false, new byte[] {0}));
    }

    static byte[] challenge(int version, byte[] nonce, List<Offer> offers) {
        CborWriter out =
                new CborWriter().array(4).uint(1).array(1).uint(version).bytes(nonce);
        write(out, offers);
        return out.toBytes();
    }

    private static void write(CborWriter out, List<Offer> offers) {
        out.list(
                offers,
                (w, offer) -> w.array(3).uint(offer.id).bool(offer.critical).bytes(offer.value));
    }

    private static byte[] core(Party client, NodeId server, Digest serverLeaf, List<Offer> offers) {
        byte[] nonce = new byte[32];
        Arrays.fill(nonce, (byte) 7);
        CborWriter out = new CborWriter()
                .array(8)
                .array(1)
                .uint(1)
                .bytes(client.network.digest().toBytes())
                .bytes(server.digest().toBytes())
                .bytes(serverLeaf.toBytes())
                .bytes(nonce);
        write(out, offers);
        return out.array(1)
                .bytes(der(client.credentials.get().chain().get(0)))
                .bytes(new byte[0])
                .toBytes();
    }

    private static byte[] clientStatement(Party client, NodeId server, byte[] challenge, byte[] core) {
        return new CborWriter()
                .array(6)
                .uint(1)
                .text("stoq/1")
                .bytes(client.id.digest().toBytes())
                .bytes(server.digest().toBytes())
                .bytes(Digest.sha256(challenge).toBytes())
                .bytes(Digest.sha256(core).toBytes())
                .toBytes();
    }

    /** A client hello for a server and the leaf it presented. */
    static byte[] clientHello(Party client, NodeId server, Digest leaf, byte[] challenge, List<Offer> offers) {
        return clientHello(client, server, leaf, server, leaf, challenge, offers);
    }

    /** A client hello, signed for one server and leaf, and possibly saying another. */
    static byte[] clientHello(
            Party client,
            NodeId signedServer,
            Digest signedLeaf,
            NodeId saidServer,
            Digest saidLeaf,
            byte[] challenge,
            List<Offer> offers) {
        byte[] signed = core(client, signedServer, signedLeaf, offers);
        byte[] statement = clientStatement(client, signedServer, challenge, signed);
        return new CborWriter()
                .array(4)
                .uint(2)
                .uint(1)
                .bytes(core(client, saidServer, saidLeaf, offers))
                .array(2)
                .uint(0)
                .bytes(client.credentials
                        .get()
                        .helloKey()
                        .sign(new DomainTag("stoq/hello-client/v1"), client.network, statement)
                        .toBytes())
                .toBytes();
    }

    /** A client hello that shows a ticket. */
    static byte[] resumedHello(
            Party client,
            NodeId server,
            Digest leaf,
            byte[] challenge,
            List<Offer> offers,
            byte[] ticket,
            byte[] secret) {
        byte[] core = core(client, server, leaf, offers);
        byte[] statement = clientStatement(client, server, challenge, core);
        return new CborWriter()
                .array(4)
                .uint(2)
                .uint(1)
                .bytes(core)
                .array(3)
                .uint(1)
                .bytes(ticket)
                .bytes(Hashing.hmac(secret, new DomainTag("stoq/resume-client/v1"), statement)
                        .toBytes())
                .toBytes();
    }

    /** Kind of proof of a hello of either side: 0 signed, 1 by ticket. */
    static int proofOf(byte[] hello) {
        CborReader in = new CborReader(hello);
        if (in.array(4) == 4) {
            in.expect(2, "type of client hello").expect(1, "version").bytes(1 << 16);
        } else {
            in.expect(3, "type of server hello").bytes(1 << 16);
        }
        in.array(3);
        return in.uint(1);
    }

    /** The value that a server hello selects for a capability. */
    static byte[] selected(byte[] serverHello, int capability) {
        CborReader in = new CborReader(serverHello);
        in.expectArray(3).expect(3, "type of server hello");
        CborReader core = new CborReader(in.bytes(1 << 16)).expectArray(3);
        int offers = core.array(16);
        for (int i = 0; i < offers; i++) {
            core.expectArray(3);
            int id = core.uint(1 << 16);
            core.bool();
            byte[] value = core.bytes(1 << 16);
            if (id == capability) {
                return value;
            }
        }
        throw new AssertionError("capability " + capability + " was not selected");
    }

    /** A server hello with a selection, signed over a challenge that may be another than the one that was sent. */
    static byte[] serverHello(
            Party server, NodeId client, byte[] signedChallenge, byte[] clientHello, List<Offer> selection) {
        Credentials credentials = server.credentials.get();
        CborWriter writer = new CborWriter().array(3);
        write(writer, selection);
        byte[] core = writer.array(1)
                .bytes(der(credentials.chain().get(0)))
                .bytes(new byte[0])
                .toBytes();
        byte[] statement = new CborWriter()
                .array(7)
                .uint(1)
                .text("stoq/1")
                .bytes(client.digest().toBytes())
                .bytes(server.id.digest().toBytes())
                .bytes(Digest.sha256(signedChallenge).toBytes())
                .bytes(Digest.sha256(clientHello).toBytes())
                .bytes(Digest.sha256(core).toBytes())
                .toBytes();
        return new CborWriter()
                .array(3)
                .uint(3)
                .bytes(core)
                .array(2)
                .uint(0)
                .bytes(credentials
                        .helloKey()
                        .sign(new DomainTag("stoq/hello-server/v1"), server.network, statement)
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
        if (listening) {
            for (byte next : bytes) {
                heard.add(next);
            }
            control.thenAccept(RawStream::demand);
            return;
        }
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
    public void reset(OptionalLong code) {
        reset.complete(code);
    }

    @Override
    public void stopped(OptionalLong code) {}

    @Override
    public void end() {}

    @Override
    public void writable() {}

    @Override
    public void failed(StoqException reason) {}
}
