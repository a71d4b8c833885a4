package online.hypermesh.stoq.memory;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** One side of a connection within the process. Thread-safe. */
final class MemoryConnection implements RawConnection {
    private final MemoryNetwork network;
    private final MemoryEndpoint home;
    private final InetSocketAddress remote;
    private final Optional<X509Certificate> peerLeaf;
    private final Optional<X509Certificate> localLeaf;
    private final Set<MemoryStream> streams = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicLong nextId = new AtomicLong();
    private @Nullable MemoryConnection peer;
    private volatile @Nullable ConnectionSink sink;

    MemoryConnection(
            MemoryNetwork network,
            MemoryEndpoint home,
            InetSocketAddress remote,
            Optional<X509Certificate> peerLeaf,
            Optional<X509Certificate> localLeaf) {
        this.network = network;
        this.home = home;
        this.remote = remote;
        this.peerLeaf = peerLeaf;
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
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public Optional<X509Certificate> peerLeaf() {
        return peerLeaf;
    }

    @Override
    public Optional<X509Certificate> localLeaf() {
        return localLeaf;
    }

    boolean cut() {
        return network.cut(home.localAddress().getPort(), remote.getPort());
    }

    void run(Runnable event) {
        home.run(event);
    }

    @Override
    public RawStream open(StreamSink receiver) {
        MemoryConnection other = peer();
        long id = nextId.getAndAdd(4);
        MemoryStream here = new MemoryStream(this, id, true);
        MemoryStream there = new MemoryStream(other, id, false);
        here.join(there);
        there.join(here);
        here.deliverTo(receiver);
        streams.add(here);
        if (opened.incrementAndGet() > other.home.limits().maxStreams()) {
            here.fail(new StoqException(
                    StoqException.Code.BUSY,
                    Retry.SAME_CALL,
                    "the peer allows " + other.home.limits().maxStreams() + " open streams per connection"));
        } else if (ended.get()) {
            here.fail(closedHere());
        }
        return here;
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
            opened.decrementAndGet();
        }
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
                stream.fail(reason);
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
