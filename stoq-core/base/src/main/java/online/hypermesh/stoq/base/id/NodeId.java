package online.hypermesh.stoq.base.id;

import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/**
 * Identity of a node or client: the hash of its long-term node key under the tag {@code stoq/node-id/v1}.
 *
 * @param digest 32 bytes
 */
public record NodeId(Digest digest) implements Comparable<NodeId> {
    private static final DomainTag TAG = new DomainTag("stoq/node-id/v1");

    /**
     * The identity of the holder of a node key.
     *
     * @param nodeKey the public key
     * @return its identity
     */
    public static NodeId of(VerifyKey nodeKey) {
        return new NodeId(Hashing.hash(TAG, nodeKey.toBytes()));
    }

    /**
     * Parses 64 hexadecimal digits.
     *
     * @param hex the digits
     * @return the identity
     */
    public static NodeId fromHex(String hex) {
        return new NodeId(Digest.fromHex(hex));
    }

    /**
     * The first eight hexadecimal digits, for people.
     *
     * @return the digits
     */
    public String toShortString() {
        return digest.toShortHex();
    }

    @Override
    public int compareTo(NodeId other) {
        return digest.compareTo(other.digest);
    }

    @Override
    public String toString() {
        return digest.toHex();
    }
}
