package online.hypermesh.stoq.spi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;

/** Finds engines. The one place that looks for them. Thread-safe. */
public final class TransportEngines {
    private static final System.Logger LOG = System.getLogger(TransportEngines.class.getName());

    private TransportEngines() {}

    /**
     * The engine to use here: of those that can run, the first native one, or else the first. Why it was chosen goes to the
     * log.
     *
     * @return the engine
     * @throws StoqException NO_ENGINE, naming the artifact to add
     */
    public static TransportEngine first() {
        return first(found());
    }

    /**
     * The engine with a given name.
     *
     * @param name its {@link TransportEngine#name}, for example {@code netty} or {@code kwik}
     * @return the engine
     * @throws StoqException NO_ENGINE, naming what is there instead or what it is missing
     */
    public static TransportEngine named(String name) {
        return named(found(), name);
    }

    private static Iterable<TransportEngine> found() {
        return ServiceLoader.load(TransportEngine.class, TransportEngines.class.getClassLoader());
    }

    static TransportEngine first(Iterable<TransportEngine> engines) {
        List<TransportEngine> able = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (TransportEngine engine : engines) {
            Optional<String> reason = engine.unavailable();
            if (reason.isEmpty()) {
                able.add(engine);
            } else {
                missing.add(engine.name() + ": " + reason.get());
            }
        }
        if (able.isEmpty()) {
            throw none(missing);
        }
        TransportEngine best = able.stream()
                .filter(TransportEngine::usesNativeCode)
                .findFirst()
                .orElse(able.get(0));
        LOG.log(System.Logger.Level.INFO, "STOQ engine {0}: {1}", best.name(), why(best, able, missing));
        return best;
    }

    private static String why(TransportEngine chosen, List<TransportEngine> able, List<String> missing) {
        List<String> reasons = new ArrayList<>();
        for (TransportEngine other : able) {
            if (other != chosen) {
                boolean slower = chosen.usesNativeCode() && !other.usesNativeCode();
                reasons.add(other.name() + " could run here too, " + (slower ? "in pure Java" : "found later"));
            }
        }
        missing.forEach(reason -> reasons.add("not " + reason));
        return reasons.isEmpty() ? "the only one found" : String.join("; ", reasons);
    }

    static TransportEngine named(Iterable<TransportEngine> engines, String name) {
        List<String> others = new ArrayList<>();
        for (TransportEngine engine : engines) {
            if (!engine.name().equals(name)) {
                others.add(engine.name());
                continue;
            }
            Optional<String> reason = engine.unavailable();
            if (reason.isPresent()) {
                throw none(List.of(name + ": " + reason.get()));
            }
            LOG.log(System.Logger.Level.INFO, "STOQ engine {0}: chosen by the configuration", name);
            return engine;
        }
        throw new StoqException(
                StoqException.Code.NO_ENGINE,
                Retry.NEVER,
                "the configuration asks for the STOQ engine '" + name + "', found "
                        + (others.isEmpty() ? "none" : "only " + String.join(", ", others))
                        + "; add its artifact, online.hypermesh:stoq-" + name);
    }

    private static StoqException none(List<String> missing) {
        return new StoqException(
                StoqException.Code.NO_ENGINE,
                Retry.NEVER,
                missing.isEmpty()
                        ? "no STOQ engine is on the class or module path; add online.hypermesh:stoq-netty and"
                                + " io.netty:netty-codec-native-quic with the classifier of this platform, or"
                                + " online.hypermesh:stoq-kwik"
                        : "no STOQ engine can run here: " + String.join("; ", missing));
    }
}
