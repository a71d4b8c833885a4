package online.hypermesh.stoq.netty;

import io.netty.handler.codec.quic.Quic;
import java.util.Locale;
import java.util.Optional;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TransportEngine;

/**
 * Engine on Netty QUIC. Offers the groups X25519MLKEM768, X25519 and P-256 in this order, the first only if the policy wants
 * it; accepts IPv6 only, resumes TLS sessions of {@code stoq/1}, never sends or takes early data. Each endpoint has two threads. Thread-safe.
 */
public final class NettyEngine implements TransportEngine {
    /** Creates the engine; nothing is loaded before it is asked for. */
    public NettyEngine() {}

    @Override
    public String name() {
        return "netty";
    }

    @Override
    public Optional<String> unavailable() {
        if (Quic.isAvailable()) {
            return Optional.empty();
        }
        Throwable cause = Quic.unavailabilityCause();
        return Optional.of("the native library of Netty QUIC is missing; add io.netty:netty-codec-native-quic with the"
                + " classifier " + classifier() + ", and on the module path --add-modules io.netty.codec.quic."
                + classifier().replace('-', '.') + " (" + cause + ")");
    }

    @Override
    public boolean usesNativeCode() {
        return true;
    }

    @Override
    public RawEndpoint open(EngineConfig config, EngineListener listener) {
        Optional<String> reason = unavailable();
        if (reason.isPresent()) {
            throw new StoqException(StoqException.Code.NO_ENGINE, Retry.NEVER, reason.get());
        }
        return NettyEndpoint.open(config, listener);
    }

    private static String classifier() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String family = os.contains("win") ? "windows" : os.contains("mac") ? "osx" : "linux";
        return family + "-" + (arch.equals("aarch64") || arch.equals("arm64") ? "aarch_64" : "x86_64");
    }
}
