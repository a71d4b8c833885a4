package online.hypermesh.stoq;

/** How a connection keeps its bytes confidential. Says nothing about authentication, which is by classical signatures. */
public enum Protection {
    /** The bytes never leave the process. */
    IN_PROCESS,
    /** TLS 1.3 with an elliptic-curve key exchange; a later quantum computer could read a recording. */
    CLASSICAL,
    /**
     * TLS 1.3 with X25519MLKEM768, known to both sides; or streams sealed under an ML-KEM-768 exchange of the hello, inside
     * TLS 1.3 with an elliptic curve. Both key exchanges would have to be broken.
     */
    HYBRID
}
