package online.hypermesh.stoq.kwik;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;
import tech.kwik.core.ConnectionListener;
import tech.kwik.core.ConnectionTerminatedEvent;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicStream;
import tech.kwik.core.Statistics;

/** A connection over Kwik's. Thread-safe. */
final class KwikConnection implements RawConnection, ConnectionListener, FrameWatch.Receiver {
    /** Resets that came before the stream they are for; more belong to streams long gone. */
    private static final int MAX_EARLY = 256;

    /** Kwik keeps a little of every stream that was reset; a peer that resets more often is cut off. */
    private static final int MAX_RESETS = 1 << 16;

    /** What Kwik forgets when it tells how large a datagram may be: the tag of the encryption, and room for a frame beside. */
    private static final int DATAGRAM_OVERHEAD_BYTES = 32;

    /** How the transport closes a connection whose peer does not keep to the protocol. */
    private static final long CLOSE_PROTOCOL = 0x7000_0004L;

    /** The stream of the hello, which the accepting side opens, carries at most a few frames of the largest size. */
    private static final int MAX_HELLO_BYTES = 4 * EngineConfig.EARLY_BYTES;

    private final KwikEndpoint home;
    private final InetSocketAddress remote;
    private final String protocol;
    private final Map<Integer, KwikStream> streams = new ConcurrentHashMap<>();

    /** By id of a stream that is not known yet; the eldest go first. */
    private final Map<Integer, List<Consumer<KwikStream>>> early = new LinkedHashMap<>();

    private final StreamOpener bidirectional = new StreamOpener(this, true);
    private final StreamOpener unidirectional = new StreamOpener(this, false);
    private final AtomicReference<@Nullable StoqException> reason = new AtomicReference<>();
    private final AtomicInteger resets = new AtomicInteger();

    /** Held during every event, so that they come one at a time; never taken by a caller. */
    private final ReentrantLock events = new ReentrantLock();

    private final Object datagramLock = new Object();
    private long datagramsWaiting;
    private long packetsSeen;
    private boolean dialed;

    /** On Kwik's thread. */
    private long earlyBytes;

    private long helloBytes;
    private volatile boolean trusted;
    private volatile @Nullable QuicConnection quic;
    private volatile @Nullable GuardedSocket shared;
    private volatile @Nullable ConnectionSink sink;
    private volatile List<X509Certificate> peerChain = List.of();
    private volatile Optional<X509Certificate> localLeaf = Optional.empty();

    private KwikConnection(KwikEndpoint home, InetSocketAddress remote, String protocol) {
        this.home = home;
        this.remote = remote;
        this.protocol = protocol;
    }

    /** A connection that this side dials. */
    static KwikConnection dialing(KwikEndpoint home, InetSocketAddress remote, String protocol, ConnectionSink sink) {
        KwikConnection connection = new KwikConnection(home, remote, protocol);
        connection.sink = sink;
        connection.dialed = true;
        return connection;
    }

    /** A connection whose TLS handshake a client finished; on Kwik's thread for it, which then processes its first packet. */
    static KwikConnection accepted(
            KwikEndpoint home,
            InetSocketAddress remote,
            String protocol,
            QuicConnection quic,
            X509Certificate presented,
            GuardedSocket shared,
            Function<RawConnection, ConnectionSink> listener) {
        KwikConnection connection = new KwikConnection(home, remote, protocol);
        connection.quic = quic;
        connection.shared = shared;
        connection.localLeaf = Optional.of(presented);
        connection.events.lock();
        try {
            quic.setConnectionListener(connection);
            connection.sink = listener.apply(connection);
            connection.receiveDatagrams(quic);
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
        receiveDatagrams(made);
    }

    /** TLS has shown the server's certificates. */
    void finishHandshake(List<X509Certificate> chain) {
        peerChain = List.copyOf(chain);
    }

    /** The connection came to nothing, and nobody is to hear of it. */
    void abandon(StoqException why) {
        sink = null;
        end(why, () -> {
            QuicConnection made = quic;
            if (made != null) {
                made.close();
            }
        });
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

    void later(Runnable task) {
        home.later(task);
    }

    WriteWatch.Writer watch() {
        return home.watch().enter();
    }

    TransportLimits limits() {
        return home.limits();
    }

    void make(KwikStream stream) {
        (stream.unidirectional() ? unidirectional : bidirectional).make(stream);
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
        List<Consumer<KwikStream>> before;
        synchronized (early) {
            before = early.remove(made.getStreamId());
        }
        if (before != null) {
            before.forEach(event -> event.accept(stream));
        }
    }

    @Override
    public void peerReset(long streamId, long code) {
        happened(streamId, stream -> stream.peerReset(OptionalLong.of(code)));
    }

    @Override
    public void peerStopped(long streamId, long code) {
        happened(streamId, stream -> stream.peerStopped(OptionalLong.of(code)));
    }

    /** Counts what a client sends before it has proven itself, on Kwik's thread: nobody reads it, and Kwik would keep it. */
    @Override
    public void streamBytes(long streamId, long count) {
        if (trusted || dialed) {
            return;
        }
        if (madeHere((int) streamId)) {
            helloBytes += count;
        } else {
            earlyBytes += count;
        }
        if (earlyBytes > EngineConfig.EARLY_BYTES || helloBytes > MAX_HELLO_BYTES) {
            trusted = true;
            execute(() -> close(CLOSE_PROTOCOL, "too many bytes before the hello was complete"));
        }
    }

    @Override
    public void trust() {
        trusted = true;
    }

    /** The peer gives up a direction of a stream; on Kwik's thread, before Kwik has acted on it. */
    private void happened(long streamId, Consumer<KwikStream> event) {
        if (streamId > Integer.MAX_VALUE) {
            return;
        }
        int id = (int) streamId;
        if (resets.incrementAndGet() > MAX_RESETS) {
            execute(() -> close(0, "more than " + MAX_RESETS + " streams were reset"));
            return;
        }
        KwikStream stream = streams.get(id);
        if (stream == null && !madeHere(id)) {
            synchronized (early) {
                if (early.size() >= MAX_EARLY) {
                    early.remove(early.keySet().iterator().next());
                }
                early.computeIfAbsent(id, none -> new ArrayList<>(2)).add(event);
            }
            stream = streams.get(id);
        }
        if (stream != null) {
            KwikStream known = stream;
            // after Kwik has acted: what it has done itself is then not done twice
            execute(() -> event.accept(known));
        }
    }

    private boolean madeHere(int id) {
        return (id & 1) == (dialed ? 0 : 1);
    }

    /** Kwik would not read or write; the reason comes in another way, and if it does not, this is the reason. */
    void broken(KwikStream stream, boolean output, IOException cause) {
        if (stream.settled(output)) {
            return;
        }
        home.later(() -> {
            if (stream.settled(output)) {
                return;
            }
            if (!String.valueOf(cause.getMessage()).contains("reset")) {
                gone();
                stream.fail(reason());
            } else if (output) {
                stream.peerStopped(OptionalLong.empty());
            } else {
                stream.peerReset(OptionalLong.empty());
            }
        });
    }

    /** Kwik has given the connection up without saying so. */
    void gone() {
        end(Failures.givenUp(remote), () -> quic().close());
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
        return end(why, () -> {});
    }

    /** Ends the connection once; {@code first} runs before anything of it can be noticed. */
    private boolean end(StoqException why, Runnable first) {
        if (!reason.compareAndSet(null, why)) {
            return false;
        }
        first.run();
        home.forget(this);
        bidirectional.end(why);
        unidirectional.end(why);
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
    public String protocol() {
        return protocol;
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
    public RawStream open(boolean oneWay, StreamSink receiver) {
        return KwikStream.outbound(this, oneWay, receiver);
    }

    private void receiveDatagrams(QuicConnection made) {
        // one thread while datagrams come; what waits beyond the limit is dropped
        ThreadPoolExecutor line = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(limits().maxDatagramsWaiting()),
                home.daemons(),
                new ThreadPoolExecutor.DiscardPolicy());
        line.allowCoreThreadTimeOut(true);
        made.setDatagramHandler(
                bytes -> {
                    events.lock();
                    try {
                        ConnectionSink receiver = sink;
                        if (receiver != null && reason.get() == null) {
                            receiver.datagram(bytes);
                        }
                    } finally {
                        events.unlock();
                    }
                },
                line);
    }

    @Override
    public int maxDatagramBytes() {
        QuicConnection made = quic();
        return made.canSendDatagram() ? Math.max(0, made.maxDatagramDataSize() - DATAGRAM_OVERHEAD_BYTES) : 0;
    }

    @Override
    public boolean sendDatagram(byte[] bytes) {
        QuicConnection made = quic();
        long packets = made.getStats().packetsSent();
        synchronized (datagramLock) {
            // every packet takes waiting datagrams first
            datagramsWaiting = Math.max(0, datagramsWaiting - (packets - packetsSeen));
            packetsSeen = packets;
            if (datagramsWaiting >= limits().maxDatagramsWaiting()) {
                return false;
            }
            datagramsWaiting++;
        }
        made.sendDatagram(bytes.clone());
        return true;
    }

    @Override
    public CompletionStage<PathStatistics> statistics() {
        Statistics known = quic().getStats();
        return CompletableFuture.completedFuture(new PathStatistics(
                OptionalLong.of(TimeUnit.MILLISECONDS.toNanos(known.smoothedRtt())),
                OptionalLong.empty(),
                OptionalLong.of(KwikSettings.UDP_PAYLOAD_BYTES),
                OptionalLong.of(known.packetsSent()),
                OptionalLong.empty(),
                OptionalLong.of(known.lostPackets()),
                OptionalLong.of(known.bytesSent()),
                OptionalLong.empty()));
    }

    @Override
    public void close(long code, String text) {
        end(Failures.closedHere(remote), () -> {
            QuicConnection made = quic;
            GuardedSocket socket = shared;
            if (made != null) {
                made.close(code, text);
            }
            if (socket != null) {
                socket.farewell(remote);
            }
        });
    }

    @Override
    public String toString() {
        return "KwikConnection[" + remote + "]";
    }
}
