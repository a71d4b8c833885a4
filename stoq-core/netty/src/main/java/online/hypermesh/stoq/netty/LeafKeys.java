package online.hypermesh.stoq.netty;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import online.hypermesh.stoq.spi.TlsIdentity;
import org.jspecify.annotations.Nullable;

/**
 * Gives every handshake the leaf of the moment, under an alias that is used once: chosen, then its chain and its key are
 * fetched on the same thread. Thread-safe.
 */
final class LeafKeys extends X509ExtendedKeyManager {
    private final Supplier<TlsIdentity> identities;
    private final AtomicLong handshakes = new AtomicLong();
    private final Map<String, TlsIdentity> chosen = new ConcurrentHashMap<>();

    LeafKeys(Supplier<TlsIdentity> identities) {
        this.identities = identities;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        if (!keyType.startsWith("EC")) {
            return null;
        }
        String alias = "leaf-" + handshakes.incrementAndGet();
        chosen.put(alias, identities.get());
        return alias;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        TlsIdentity identity = chosen.get(alias);
        return identity == null ? null : identity.chain().toArray(new X509Certificate[0]);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        TlsIdentity identity = chosen.remove(alias);
        return identity == null ? null : identity.leafKey();
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return chooseEngineServerAlias(keyType, issuers, null);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }
}
