package online.hypermesh.stoq.base.crypto;

/** Where a signature counts: 32 bytes that differ from network to network and are part of everything signed there. */
public interface SigningScope {
    /** {@return the 32 bytes} */
    Digest digest();
}
