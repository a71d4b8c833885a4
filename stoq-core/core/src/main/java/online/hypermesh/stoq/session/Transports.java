package online.hypermesh.stoq.session;

import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.stoq.spi.TransportEngines;

/** Opens transports. Thread-safe. */
public final class Transports {
    private Transports() {}

    /**
     * Opens a transport on the engine that the configuration names, or on the best that can run here, and logs which and why.
     *
     * @param config what it needs to know
     * @return the transport, bound and accepting
     * @throws StoqException NO_ENGINE, naming the artifact to add, or ADDRESS_IN_USE
     */
    public static Transport open(TransportConfig config) {
        return open(config, config.engine().map(TransportEngines::named).orElseGet(TransportEngines::first));
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
