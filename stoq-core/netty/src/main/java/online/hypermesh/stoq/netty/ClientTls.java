package online.hypermesh.stoq.netty;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.BoringSSLContextOption;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.spi.EngineConfig;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a client: a context for each protocol, each offer of groups and each event loop. The library keeps the engines of a
 * context by the address of their native part, and forgets an address after it was freed: on another loop, a new engine may
 * have got it by then, and would be forgotten with all that TLS says of it. Sessions are resumed for {@code stoq/1}, whose hello
 * proves the identities whatever TLS did, and under the same offer of groups: a resumed handshake exchanges keys anew. There is
 * no early data. Thread-safe.
 */
final class ClientTls {
    private static final String RESUMED_PROTOCOL = "stoq/1";
    private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256"};

    /** The library does not tell which group was agreed on: whoever offers but one knows. */
    private static final String[] HYBRID_GROUPS = {"X25519MLKEM768"};

    /** For whom a post-quantum exchange would be in vain. */
    private static final String[] CLASSICAL_GROUPS = {"X25519", "P-256"};

    private static final int MAX_SESSIONS = 1024;

    private final EngineConfig config;
    private final Optional<SecretsExport> export;
    private final EventLoopGroup loops;
    private final Map<Kind, Offered> offered = new HashMap<>();

    private record Kind(String protocol, boolean hybrid, EventLoop loop) {
        boolean serves(String dialed, boolean alone) {
            return protocol.equals(dialed) && hybrid == alone;
        }
    }

    ClientTls(EngineConfig config, Optional<SecretsExport> export, EventLoopGroup loops) {
        this.config = config;
        this.export = export;
        this.loops = loops;
    }

    static String[] groups() {
        return GROUPS.clone();
    }

    /** What to offer in the handshake that begins now, where a session of the server is kept if there is one. */
    Offered offer(String protocol, boolean hybrid, InetSocketAddress server) {
        OptionalLong sessions =
                protocol.equals(RESUMED_PROTOCOL) ? config.sessions().get() : OptionalLong.empty();
        synchronized (offered) {
            for (Map.Entry<Kind, Offered> made : offered.entrySet()) {
                Offered known = made.getValue();
                if (made.getKey().serves(protocol, hybrid) && known.sessions.equals(sessions) && known.knows(server)) {
                    return known;
                }
            }
            Kind kind = new Kind(protocol, hybrid, loops.next());
            Offered known = offered.get(kind);
            if (known == null || !known.sessions.equals(sessions)) {
                known = new Offered(context(kind), sessions, kind.loop());
                offered.put(kind, known);
            }
            return known;
        }
    }

    private String[] groups(Kind kind) {
        if (kind.hybrid()) {
            return HYBRID_GROUPS;
        }
        return config.postQuantum() == PostQuantum.OFF ? CLASSICAL_GROUPS : GROUPS;
    }

    private QuicSslContext context(Kind kind) {
        QuicSslContextBuilder tls = QuicSslContextBuilder.forClient()
                .trustManager(new HelloDecides())
                .endpointIdentificationAlgorithm("")
                .option(BoringSSLContextOption.GROUPS, groups(kind).clone())
                .applicationProtocols(kind.protocol())
                .sessionCacheSize(MAX_SESSIONS)
                .earlyData(false);
        export.ifPresent(tls::keylog);
        return tls.build();
    }

    /**
     * A context, and the names under which the library keeps sessions in it. It keeps the last session of each name and uses it
     * once, so a name is for one connection at a time. Thread-safe.
     */
    static final class Offered {
        private static final AttributeKey<String> SESSION = AttributeKey.valueOf(ClientTls.class, "session");

        /** The library looks for sessions by host and port. */
        private static final int ANY_PORT = 1;

        private final QuicSslContext context;
        private final OptionalLong sessions;
        private final EventLoop loop;
        private final AtomicLong names = new AtomicLong();
        private int unused;
        private final Map<InetSocketAddress, ArrayDeque<String>> free = new LinkedHashMap<>(16, 0.75f, true);

        private Offered(QuicSslContext context, OptionalLong sessions, EventLoop loop) {
            this.context = context;
            this.sessions = sessions;
            this.loop = loop;
        }

        /** Where all connections of the context are. */
        EventLoop loop() {
            return loop;
        }

        private boolean knows(InetSocketAddress server) {
            synchronized (free) {
                return free.containsKey(server);
            }
        }

        /** A name for the next connection to a server, with the session of the last one that ended; null without resumption. */
        @Nullable
        String take(InetSocketAddress server) {
            if (sessions.isEmpty()) {
                return null;
            }
            synchronized (free) {
                ArrayDeque<String> line = free.get(server);
                if (line != null) {
                    String name = line.removeLast();
                    unused--;
                    if (line.isEmpty()) {
                        free.remove(server);
                    }
                    return name;
                }
            }
            // without a dot, so that it is never sent as the name of the server
            return "session-" + names.incrementAndGet();
        }

        /** The connection of a name has ended, after its server had proven itself. */
        void giveBack(InetSocketAddress server, String name) {
            synchronized (free) {
                free.computeIfAbsent(server, s -> new ArrayDeque<>(2)).addLast(name);
                unused++;
                if (unused > MAX_SESSIONS) {
                    var eldest = free.entrySet().iterator();
                    unused -= eldest.next().getValue().size();
                    eldest.remove();
                }
            }
        }

        static AttributeKey<String> session() {
            return SESSION;
        }

        /** For a connection that is about to be made. */
        QuicSslEngine engine(QuicChannel channel) {
            String name = channel.attr(SESSION).get();
            return name == null
                    ? context.newEngine(channel.alloc())
                    : context.newEngine(channel.alloc(), name, ANY_PORT);
        }
    }
}
