package online.hypermesh.stoq.kwik;

import java.util.Optional;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TransportEngine;

/**
 * The pure-Java engine, on Kwik. Runs wherever a JVM does, at about a sixth of the native engine's throughput and with
 * several threads per connection. Its TLS exchanges keys with an elliptic curve only. Thread-safe.
 */
public final class KwikEngine implements TransportEngine {
    private static final String KWIK = "tech.kwik.core.QuicConnection";
    private static final String NO_WARNINGS = "tech.kwik.core.no-security-warnings";

    private final KwikHealth health = new KwikHealth();

    /** For {@link java.util.ServiceLoader} and for callers that name their engine. */
    public KwikEngine() {}

    @Override
    public String name() {
        return "kwik";
    }

    @Override
    public Optional<String> unavailable() {
        try {
            Class.forName(KWIK, false, KwikEngine.class.getClassLoader());
            return Optional.empty();
        } catch (ClassNotFoundException e) {
            return Optional.of("Kwik is missing; add tech.kwik:kwik and tech.kwik:agent15");
        }
    }

    @Override
    public RawEndpoint open(EngineConfig config, EngineListener listener) {
        Optional<String> reason = unavailable();
        if (reason.isPresent()) {
            throw new StoqException(StoqException.Code.NO_ENGINE, Retry.NEVER, reason.get());
        }
        if (System.getProperty(NO_WARNINGS) == null) {
            // Kwik prints a warning to the terminal whenever TLS leaves judging a certificate to the hello
            System.setProperty(NO_WARNINGS, "true");
        }
        return KwikEndpoint.open(config, listener, health);
    }

    /**
     * What the engine had to do to keep its connections going, over all endpoints it opened.
     *
     * @return live counters
     */
    public KwikHealth health() {
        return health;
    }
}
