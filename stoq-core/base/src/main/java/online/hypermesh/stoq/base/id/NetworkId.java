package online.hypermesh.stoq.base.id;

import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningScope;

/**
 * Identity of a network, part of everything signed in it. In HyperMesh the hash of the genesis; in STOQ alone any 32 bytes
 * the application chooses.
 *
 * @param digest 32 bytes
 */
public record NetworkId(Digest digest) implements SigningScope {
    @Override
    public String toString() {
        return digest.toHex();
    }
}
