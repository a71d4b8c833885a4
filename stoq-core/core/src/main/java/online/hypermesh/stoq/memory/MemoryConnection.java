package online.hypermesh.stoq.memory;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** One side of a connection within the process. Thread-safe. */
final class MemoryConnection implements RawConnection {
    /** What QUIC's heads take from a UDP payload at most, so that datagrams are no larger here than on a network. */
    private static final int DATAGRAM_OVERHEAD_BYTES = 64;

    /** Of what an untrusted peer may send in all, a stream takes one share. */
    private static final int EARLY_SHARES = 16;

    private final MemoryNetwork network;
    private final MemoryEndpoint home;
    private final InetSocketAddress remote;
    private final String protocol;
    private final List<X509Certificate> peerChain;
    private final Optional<X509Certificate> localLeaf;
    private final Set<MemoryStream> streams = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicInteger openedBidirectional = new AtomicInteger();
    private final AtomicInteger openedUnidirectional = new AtomicInteger();
    private final AtomicLong nextId = new AtomicLong();
    private final AtomicInteger datagramsWaiting = new AtomicInteger();
    private @Nullable MemoryConnection peer;
    private volatile @Nullable ConnectionSink sink;
    private volatile boolean trusted;

    MemoryConnection(
            MemoryNetwork network,
            MemoryEndpoint home,
            InetSocketAddress remote,
            String protocol,
            List<X509Certificate> peerChain,
            Optional<X509Certificate> localLeaf) {
        this.network = network;
        this.home = home;
        this.remote = remote;
        this.protocol = protocol;
        this.peerChain = peerChain;
        this.localLeaf = localLeaf;
    }

    void join(MemoryConnection other, boolean client) {
        peer = other;
        nextId.set(client ? 0 : 1);
    }

    void deliverTo(ConnectionSink receiver) {
        sink = receiver;
    }

    @Override
    public String protocol() {
        return protocol;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public List<X509Certificate> peerChain() {
        return peerChain;
    }

    @Override
    public Optional<X509Certificate> localLeaf() {
        return localLeaf;
    }

    @Override
    public Protection protection() {
        return Protection.IN_PROCESS;
    }

    boolean cut() {
        return network.cut(home.localAddress().getPort(), remote.getPort());
    }

    @Override
    public void trust() {
        trusted = true;
    }

    /** What may wait on a stream of this side until it is demanded. */
    int sendBufferBytes() {
        int limit = home.limits().sendBufferBytes();
        return trusted ? limit : Math.min(limit, EngineConfig.EARLY_BYTES / EARLY_SHARES);
    }

    void run(Runnable event) {
        home.run(event);
    }

    @Override
    public RawStream open(boolean unidirectional, StreamSink receiver) {
        MemoryConnection other = peer();
        long id = nextId.getAndAdd(4) + (unidirectional ? 2 : 0);
        MemoryStream here = new MemoryStream(this, id, true, unidirectional);
        MemoryStream there = new MemoryStream(other, id, false, unidirectional);
        here.join(there);
        there.join(here);
        here.deliverTo(receiver);
        streams.add(here);
        int limit = other.home.limits().maxStreams();
        if (opened(unidirectional).incrementAndGet() > limit) {
            here.bar(new StoqException(
                    StoqException.Code.BUSY,
                    Retry.SAME_CALL,
                    "the peer allows " + limit + " open streams of a kind per connection"));
        } else if (ended.get()) {
            here.fail(closedHere());
        }
        return here;
    }

    private AtomicInteger opened(boolean unidirectional) {
        return unidirectional ? openedUnidirectional : openedBidirectional;
    }

    /** The peer's first bytes on a stream; on this side's thread. */
    void announced(MemoryStream stream) {
        ConnectionSink receiver = sink;
        if (receiver != null && !ended.get()) {
            streams.add(stream);
            stream.deliverTo(receiver.stream(stream));
        }
    }

    void done(MemoryStream stream) {
        if (streams.remove(stream) && stream.openedHere()) {
            opened(stream.unidirectional()).decrementAndGet();
        }
    }

    @Override
    public int maxDatagramBytes() {
        return home.limits().maxUdpPayloadBytes() - DATAGRAM_OVERHEAD_BYTES;
    }

    @Override
    public boolean sendDatagram(byte[] bytes) {
        MemoryConnection other = peer();
        if (cut() || ended.get()) {
            return true;
        }
        if (other.datagramsWaiting.incrementAndGet() > home.limits().maxDatagramsWaiting()) {
            other.datagramsWaiting.decrementAndGet();
            return false;
        }
        byte[] copy = bytes.clone();
        other.run(() -> {
            other.datagramsWaiting.decrementAndGet();
            ConnectionSink receiver = other.sink;
            if (receiver != null && !other.ended.get()) {
                receiver.datagram(copy);
            }
        });
        return true;
    }

    @Override
    public CompletionStage<PathStatistics> statistics() {
        return CompletableFuture.completedStage(PathStatistics.UNKNOWN);
    }

    @Override
    public void close(long code, String reason) {
        if (!end(closedHere())) {
            return;
        }
        MemoryConnection other = peer();
        if (!cut()) {
            other.run(() -> other.end(new StoqException(
                    StoqException.Code.CLOSED,
                    Retry.WHOLE_OPERATION,
                    "the peer closed the connection with code " + code + (reason.isEmpty() ? "" : ": " + reason),
                    null,
                    Long.toString(code))));
        }
    }

    private boolean end(StoqException reason) {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        home.ended(this);
        run(() -> {
            ConnectionSink receiver = sink;
            if (receiver != null) {
                receiver.closed(reason);
            }
            for (MemoryStream stream : new ArrayList<>(streams)) {
                // here and now: an endpoint that closes runs nothing later
                stream.failNow(reason);
            }
        });
        return true;
    }

    private static StoqException closedHere() {
        return new StoqException(
                StoqException.Code.CLOSED, Retry.WHOLE_OPERATION, "the connection was closed by this side");
    }

    private MemoryConnection peer() {
        MemoryConnection other = peer;
        if (other == null) {
            throw new IllegalStateException("the connection is used before it was joined");
        }
        return other;
    }
}
