package online.hypermesh.stoq;

import java.net.InetSocketAddress;

/** What happens to a connection, as a {@link ConnectionListener} is told. */
public sealed interface ConnectionEvent {
    /** The handshake, and for {@code stoq/1} the hello, is complete. */
    record Established() implements ConnectionEvent {}

    /**
     * The peer's packets come from another address, because of a NAT or because it moved; the new path was validated.
     *
     * @param from address before
     * @param to address now
     */
    record PathChanged(InetSocketAddress from, InetSocketAddress to) implements ConnectionEvent {}

    /**
     * One side wants nothing new to be opened here.
     *
     * @param byPeer whether the peer asked for it
     */
    record Draining(boolean byPeer) implements ConnectionEvent {}

    /**
     * The connection ended; nothing follows.
     *
     * @param reason why
     */
    record Closed(StoqException reason) implements ConnectionEvent {}
}
