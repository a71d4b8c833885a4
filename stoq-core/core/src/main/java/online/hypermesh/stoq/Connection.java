package online.hypermesh.stoq;

/** An open connection to a mutually authenticated peer. Thread-safe. */
public interface Connection extends QuicConnection {
    /**
     * Who is at the other end, proven in the hello; it does not change while the connection lives.
     *
     * @return the peer
     */
    PeerIdentity peer();

    /**
     * How the bytes are protected on their way.
     *
     * @return the protection, derived from what both sides signed in the hello; see {@link PostQuantum}
     */
    Protection protection();
}
