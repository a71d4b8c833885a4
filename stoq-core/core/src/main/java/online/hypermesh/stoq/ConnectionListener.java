package online.hypermesh.stoq;

/**
 * Is told what happens to the connections of a transport, from {@link ConnectionEvent.Established} on. Thread-safe; runs on
 * transport and engine threads and must not block.
 */
@FunctionalInterface
public interface ConnectionListener {
    /** Listens to nothing. */
    ConnectionListener NONE = (connection, event) -> {};

    /**
     * Something happened.
     *
     * @param connection to which connection
     * @param event what
     */
    void happened(QuicConnection connection, ConnectionEvent event);
}
