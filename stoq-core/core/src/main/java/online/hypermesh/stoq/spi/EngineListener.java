package online.hypermesh.stoq.spi;

/** Told of inbound connections. Called on engine threads; does not block. */
@FunctionalInterface
public interface EngineListener {
    /**
     * A client finished its TLS handshake. Nothing about it is known but its address.
     *
     * @param connection the connection
     * @return receives the connection's events, of which none came before
     */
    ConnectionSink accepted(RawConnection connection);
}
