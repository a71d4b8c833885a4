package online.hypermesh.stoq.kwik;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;
import tech.kwik.core.ConnectionListener;
import tech.kwik.core.ConnectionTerminatedEvent;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicStream;

/** A connection over Kwik's. Thread-safe. */
final class KwikConnection implements RawConnection, ConnectionListener, FrameWatch.Receiver {
    /** Resets that came before the stream they are for; more belong to streams long gone. */
    private static final int MAX_EARLY_RESETS = 256;

    /** Kwik keeps a little of every stream that was reset; a peer that resets more often is cut off. */
    private static final int MAX_RESETS = 1 << 16;

    private final KwikEndpoint home;
    private final InetSocketAddress remote;
    private final Map<Integer, KwikStream> streams = new ConcurrentHashMap<>();
    private final Map<Integer, Long> earlyResets = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Long> eldest) {
            return size() > MAX_EARLY_RESETS;
        }
    };
    private final StreamOpener opener = new StreamOpener(this);
    private final AtomicReference<@Nullable StoqException> reason = new AtomicReference<>();
    private final AtomicInteger resets = new AtomicInteger();

    /** Held during every event, so that they come one at a time; never taken by a caller. */
    private final ReentrantLock events = new ReentrantLock();

    private volatile @Nullable QuicConnection quic;
    private volatile @Nullable GuardedSocket shared;
    private volatile @Nullable ConnectionSink sink;
    private volatile Optional<X509Certificate> peerLeaf = Optional.empty();
    private volatile Optional<X509Certificate> localLeaf = Optional.empty();

    private KwikConnection(KwikEndpoint home, InetSocketAddress remote) {
        this.home = home;
        this.remote = remote;
    }

    /** A connection that this side dials. */
    static KwikConnection dialing(KwikEndpoint home, InetSocketAddress remote, ConnectionSink sink) {
        KwikConnection connection = new KwikConnection(home, remote);
        connection.sink = sink;
        return connection;
    }

    /** A connection whose TLS handshake a client finished; on Kwik's thread for it, which then processes its first packet. */
    static KwikConnection accepted(
            KwikEndpoint home,
            InetSocketAddress remote,
            QuicConnection quic,
            X509Certificate presented,
            GuardedSocket shared,
            Function<RawConnection, ConnectionSink> listener) {
        KwikConnection connection = new KwikConnection(home, remote);
        connection.quic = quic;
        connection.shared = shared;
        connection.localLeaf = Optional.of(presented);
        connection.events.lock();
        try {
            quic.setConnectionListener(connection);
            connection.sink = listener.apply(connection);
        } finally {
            connection.events.unlock();
        }
        return connection;
    }

    /** Couples a dialed connection to Kwik's, before it connects. */
    void couple(QuicConnection made) {
        quic = made;
        made.setConnectionListener(this);
        made.setPeerInitiatedStreamCallback(this::opened);
    }

    /** TLS has shown the server's leaf. */
    void finishHandshake(X509Certificate leaf) {
        peerLeaf = Optional.of(leaf);
    }

    /** The connection came to nothing, and nobody is to hear of it. */
    void abandon(StoqException why) {
        sink = null;
        end(why);
    }

    QuicConnection quic() {
        QuicConnection made = quic;
        if (made == null) {
            throw new IllegalStateException("the connection is not made yet");
        }
        return made;
    }

    /** Why the connection ended. */
    StoqException reason() {
        StoqException why = reason.get();
        return why == null ? Failures.closedHere(remote) : why;
    }

    void execute(Runnable task) {
        home.execute(task);
    }

    WriteWatch.Writer watch() {
        return home.watch().enter();
    }

    void make(KwikStream stream) {
        opener.make(stream);
    }

    void register(int id, KwikStream stream) {
        streams.put(id, stream);
        if (reason.get() != null) {
            execute(() -> stream.fail(reason()));
        }
    }

    void done(KwikStream stream) {
        long id = stream.id();
        if (id >= 0) {
            streams.remove((int) id, stream);
        }
    }

    /** The peer opened a stream; on one thread of Kwik's, in the order of opening. */
    void opened(QuicStream made) {
        KwikStream stream = KwikStream.inbound(this, made);
        register(made.getStreamId(), stream);
        events.lock();
        try {
            ConnectionSink receiver = sink;
            if (receiver == null || reason.get() != null) {
                stream.reset(0);
                return;
            }
            stream.deliverTo(receiver.stream(stream));
        } finally {
            events.unlock();
        }
        Long code;
        synchronized (earlyResets) {
            code = earlyResets.remove(made.getStreamId());
        }
        if (code != null) {
            stream.fail(Failures.reset(stream.id(), Long.toString(code)));
        }
    }

    @Override
    public void peerReset(long streamId, long code) {
        interrupted(streamId, code);
    }

    @Override
    public void peerStopped(long streamId, long code) {
        interrupted(streamId, code);
    }

    /** The peer gives up a direction of a stream, which ends both; on Kwik's thread, before Kwik has acted on it. */
    private void interrupted(long streamId, long code) {
        if (streamId > Integer.MAX_VALUE) {
            return;
        }
        int id = (int) streamId;
        if (resets.incrementAndGet() > MAX_RESETS) {
            execute(() -> close(0, "more than " + MAX_RESETS + " streams were reset"));
            return;
        }
        KwikStream stream = streams.get(id);
        if (stream == null) {
            synchronized (earlyResets) {
                earlyResets.put(id, code);
            }
            stream = streams.get(id);
        }
        if (stream != null) {
            KwikStream failing = stream;
            // after Kwik has acted: what it has done itself is then not done twice
            execute(() -> failing.fail(Failures.reset(streamId, Long.toString(code))));
        }
    }

    /** Kwik would not read or write; the reason comes in another way, and if it does not, this is the reason. */
    void broken(KwikStream stream, IOException cause) {
        if (stream.givenUp()) {
            return;
        }
        home.later(() -> {
            if (stream.givenUp()) {
                return;
            }
            String message = String.valueOf(cause.getMessage());
            if (message.contains("reset")) {
                stream.fail(Failures.reset(stream.id(), null));
            } else {
                gone();
                stream.fail(reason());
            }
        });
    }

    /** Kwik has given the connection up without saying so. */
    void gone() {
        if (end(Failures.givenUp(remote))) {
            quic().close();
        }
    }

    /** The system said that nobody listens at the other end. */
    void nobodyListens() {
        end(Failures.nobodyListens(remote));
    }

    @Override
    public void disconnected(ConnectionTerminatedEvent event) {
        end(Failures.ended(remote, event));
    }

    private boolean end(StoqException why) {
        if (!reason.compareAndSet(null, why)) {
            return false;
        }
        home.forget(this);
        opener.end(why);
        execute(() -> {
            events.lock();
            try {
                ConnectionSink receiver = sink;
                if (receiver != null) {
                    receiver.closed(why);
                }
            } finally {
                events.unlock();
            }
            for (KwikStream stream : new ArrayList<>(streams.values())) {
                stream.fail(why);
            }
        });
        return true;
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

    @Override
    public RawStream open(StreamSink receiver) {
        return KwikStream.outbound(this, receiver);
    }

    @Override
    public void close(long code, String text) {
        if (!end(Failures.closedHere(remote))) {
            return;
        }
        QuicConnection made = quic;
        if (made == null) {
            return;
        }
        made.close(code, text);
        GuardedSocket socket = shared;
        if (socket != null) {
            socket.farewell(remote);
        }
    }

    @Override
    public String toString() {
        return "KwikConnection[" + remote + "]";
    }
}
