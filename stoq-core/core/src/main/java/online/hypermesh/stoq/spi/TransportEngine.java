package online.hypermesh.stoq.spi;

import java.util.Optional;

/**
 * A QUIC implementation, found with {@link java.util.ServiceLoader}. It need not ask clients for a TLS certificate, export
 * keys, tell the negotiated group, or know which of several leaves a server connection presented: the STOQ hello does
 * without. Thread-safe.
 */
public interface TransportEngine {
    /**
     * Short name for people, such as {@code netty}.
     *
     * @return the name
     */
    String name();

    /**
     * Why the engine cannot run here.
     *
     * @return what is missing, naming the artifact to add, or empty if it can run
     */
    Optional<String> unavailable();

    /**
     * Whether it runs native code. Where it can, it is preferred to pure Java, which is several times slower.
     *
     * @return true for a native engine
     */
    default boolean usesNativeCode() {
        return false;
    }

    /**
     * Binds the address and starts accepting.
     *
     * @param config what it needs to know
     * @param listener told of inbound connections
     * @return the endpoint
     * @throws online.hypermesh.stoq.StoqException ADDRESS_IN_USE or NO_ENGINE
     */
    RawEndpoint open(EngineConfig config, EngineListener listener);
}
