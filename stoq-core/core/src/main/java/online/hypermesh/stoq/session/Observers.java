package online.hypermesh.stoq.session;

import online.hypermesh.stoq.ConnectionEvent;
import online.hypermesh.stoq.ConnectionListener;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.TransportMetrics;

/**
 * Who is told what happens.
 *
 * @param listener of connections
 * @param metrics counts
 */
record Observers(ConnectionListener listener, TransportMetrics metrics) {
    /** Nobody. */
    static final Observers NONE = new Observers(ConnectionListener.NONE, TransportMetrics.NONE);

    void happened(QuicConnection connection, ConnectionEvent event) {
        if (event instanceof ConnectionEvent.Established) {
            metrics.connectionOpened(connection.dialed());
        } else if (event instanceof ConnectionEvent.Closed closed) {
            metrics.connectionClosed(connection.dialed(), closed.reason().code().name());
        }
        listener.happened(connection, event);
    }
}
