package online.hypermesh.stoq;

/**
 * What a transport asks of the confidentiality of its connections against a later quantum computer. Both sides' wishes are
 * signed in the hello, so that nobody in between can lower what they come to; {@link Connection#protection} tells it.
 */
public enum PostQuantum {
    /** Nothing: connections are classical, and a peer that requires more is not spoken to. */
    OFF,
    /** Post-quantum with every peer that does not say {@link #OFF}. */
    PREFERRED,
    /** Post-quantum, or no connection. Within a process too, where it is otherwise left out. */
    REQUIRED
}
