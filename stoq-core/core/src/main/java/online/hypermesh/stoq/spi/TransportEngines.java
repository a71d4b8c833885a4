package online.hypermesh.stoq.spi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;

/** Finds engines. The one place that looks for them. Thread-safe. */
public final class TransportEngines {
    private TransportEngines() {}

    /**
     * The first engine that can run here.
     *
     * @return the engine
     * @throws StoqException NO_ENGINE, naming the artifact to add
     */
    public static TransportEngine first() {
        return first(ServiceLoader.load(TransportEngine.class, TransportEngines.class.getClassLoader()));
    }

    static TransportEngine first(Iterable<TransportEngine> engines) {
        List<String> missing = new ArrayList<>();
        for (TransportEngine engine : engines) {
            Optional<String> reason = engine.unavailable();
            if (reason.isEmpty()) {
                return engine;
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
}
