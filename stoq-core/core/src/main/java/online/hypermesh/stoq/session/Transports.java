package online.hypermesh.stoq.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.TransportEngine;

/** Opens transports. The one place that looks for engines. Thread-safe. */
public final class Transports {
    private Transports() {}

    /**
     * Opens a transport on the first engine that can run here.
     *
     * @param config what it needs to know
     * @return the transport, bound and accepting
     * @throws StoqException NO_ENGINE, naming the artifact to add, or ADDRESS_IN_USE
     */
    public static Transport open(TransportConfig config) {
        List<String> missing = new ArrayList<>();
        for (TransportEngine engine : ServiceLoader.load(TransportEngine.class, Transports.class.getClassLoader())) {
            Optional<String> reason = engine.unavailable();
            if (reason.isEmpty()) {
                return open(config, engine);
            }
            missing.add(engine.name() + ": " + reason.get());
        }
        throw new StoqException(
                StoqException.Code.NO_ENGINE,
                Retry.NEVER,
                missing.isEmpty()
                        ? "no STOQ engine is on the class or module path; add online.hypermesh:stoq-netty and"
                                + " io.netty:netty-codec-native-quic with the classifier of this platform"
                        : "no STOQ engine can run here: " + String.join("; ", missing));
    }

    /**
     * Opens a transport on a given engine.
     *
     * @param config what it needs to know
     * @param engine the engine
     * @return the transport, bound and accepting
     * @throws StoqException NO_ENGINE or ADDRESS_IN_USE
     */
    public static Transport open(TransportConfig config, TransportEngine engine) {
        return new AuthenticatedTransport(config, engine);
    }
}
