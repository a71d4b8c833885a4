package online.hypermesh.stoq.kwik;

import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECParameterSpec;
import org.jspecify.annotations.Nullable;

/** The private key of the leaf that was presented last on the asking thread. Thread-safe. */
final class LeafKey implements ECPrivateKey {
    private static final long serialVersionUID = 1L;

    private final transient PresentedLeaf leaf;

    LeafKey(PresentedLeaf leaf) {
        this.leaf = leaf;
    }

    private ECPrivateKey now() {
        PrivateKey key = leaf.presenting().leafKey();
        if (key instanceof ECPrivateKey elliptic) {
            return elliptic;
        }
        throw new IllegalStateException(
                "the leaf key must be an ECDSA P-256 key held by this process, was " + key.getAlgorithm());
    }

    @Override
    public BigInteger getS() {
        return now().getS();
    }

    @Override
    public ECParameterSpec getParams() {
        return now().getParams();
    }

    @Override
    public String getAlgorithm() {
        return "EC";
    }

    @Override
    public @Nullable String getFormat() {
        return null;
    }

    @Override
    public byte @Nullable [] getEncoded() {
        return null;
    }

    @Override
    public String toString() {
        return "LeafKey[redacted]";
    }
}
