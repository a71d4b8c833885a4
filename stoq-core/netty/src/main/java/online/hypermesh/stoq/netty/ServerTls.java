package online.hypermesh.stoq.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.quic.BoringSSLContextOption;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import java.util.Optional;
import java.util.OptionalLong;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.TlsIdentity;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a server. Every leaf, and every number of sessions, has a context of its own with keys of its own for session tickets,
 * which never leave it: a session that is resumed in a context began with the leaf of that context. A ticket of another one does
 * not open, and the handshake is a full one. Nobody's early data is taken. Thread-safe.
 */
final class ServerTls {
    private final EngineConfig config;
    private final Optional<SecretsExport> export;
    private @Nullable Generation current;

    /** What handshakes have in common that may resume each other's sessions. */
    private record Generation(TlsIdentity identity, OptionalLong sessions, QuicSslContext context) {}

    ServerTls(EngineConfig config, Optional<SecretsExport> export) {
        this.config = config;
        this.export = export;
    }

    /** For the handshake that begins now. */
    QuicSslEngine engine(ByteBufAllocator allocator) {
        return context(config.identity().get(), config.sessions().get()).newEngine(allocator);
    }

    private synchronized QuicSslContext context(TlsIdentity identity, OptionalLong sessions) {
        Generation known = current;
        if (known == null
                || !known.identity().equals(identity)
                || !known.sessions().equals(sessions)) {
            known = new Generation(identity, sessions, make(identity));
            current = known;
        }
        return known.context();
    }

    private QuicSslContext make(TlsIdentity identity) {
        QuicSslContextBuilder tls = QuicSslContextBuilder.forServer(new LeafKeys(identity), null)
                // looks at no client; without it the library reads the system's certificate store
                .trustManager(new HelloDecides())
                .option(BoringSSLContextOption.GROUPS, ClientTls.groups())
                .applicationProtocols(config.protocols().toArray(new String[0]))
                .earlyData(false);
        export.ifPresent(tls::keylog);
        return tls.build();
    }
}
