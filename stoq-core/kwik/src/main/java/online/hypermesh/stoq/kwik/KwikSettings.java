package online.hypermesh.stoq.kwik;

/** How the engine sets Kwik up, so that a measurement can give plain Kwik the same. */
public final class KwikSettings {
    /** Send and receive buffer of the socket that accepts. Kwik's default loses packets under load. */
    public static final int SERVER_SOCKET_BUFFER_BYTES = 8 << 20;

    /** Send and receive buffer of the socket that each dialed connection has of its own. */
    public static final int CLIENT_SOCKET_BUFFER_BYTES = 4 << 20;

    /** UDP payload of Kwik's packets on IPv6: fits the smallest MTU of 1280 bytes. Not adjustable. */
    public static final int UDP_PAYLOAD_BYTES = 1232;

    /** Length of the connection ids that the accepting side chooses. */
    public static final int CONNECTION_ID_BYTES = 8;

    /**
     * Longest write that Kwik is given at once: fits one packet beside an acknowledgement. Kwik can lose the request to send
     * when a longer write wakes its sender.
     */
    public static final int WRITE_PIECE_BYTES = 900;

    /** A write that waits so long asks Kwik to send again; the pause doubles with each repetition, up to sixteenfold. */
    public static final int NUDGE_AFTER_MILLIS = 5;

    /** A write that waits longer counts as stalled. */
    public static final int STALL_MILLIS = 250;

    private KwikSettings() {}
}
