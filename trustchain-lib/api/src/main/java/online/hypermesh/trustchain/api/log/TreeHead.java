package online.hypermesh.trustchain.api.log;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What a log's operator vouches for: all entries up to a size, under one root (RFC 9162 §4.10). Immutable.
 *
 * @param log node identity of the issuer whose log it is
 * @param size number of entries
 * @param root Merkle root over them
 * @param timeMillis when the operator signed it, milliseconds since 1970
 * @param signature by the issuer key over everything above
 */
public record TreeHead(NodeId log, long size, Digest root, long timeMillis, Signature signature) {
    private static final DomainTag TAG = new DomainTag("hypermesh/log-tree-head/v1");

    /**
     * Signs a tree head.
     *
     * @param network the network
     * @param issuerKey the log's issuer key
     * @param log node identity of the issuer
     * @param size number of entries
     * @param root Merkle root over them
     * @param timeMillis now
     * @return the signed head
     */
    public static TreeHead sign(
            NetworkId network, SigningKey issuerKey, NodeId log, long size, Digest root, long timeMillis) {
        return new TreeHead(
                log, size, root, timeMillis, issuerKey.sign(TAG, network, body(log, size, root, timeMillis)));
    }

    /**
     * Whether the issuer signed it for a network.
     *
     * @param network the network
     * @param issuerKey the issuer's key
     * @return whether the signature holds
     */
    public boolean signatureHolds(NetworkId network, VerifyKey issuerKey) {
        return issuerKey.verify(TAG, network, body(log, size, root, timeMillis), signature);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(2).encoded(body(log, size, root, timeMillis)).bytes(signature.toBytes());
    }

    /**
     * Reads the canonical form; the signature is not checked.
     *
     * @param r where from
     * @return the head
     */
    public static TreeHead readFrom(CborReader r) {
        r.expectArray(2).expectArray(5).expect(1, "tree head version");
        return new TreeHead(
                new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                r.uint(),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(),
                Signature.of(r.fixedBytes(Signature.LENGTH)));
    }

    private static byte[] body(NodeId log, long size, Digest root, long timeMillis) {
        return new CborWriter(96)
                .array(5)
                .uint(1)
                .bytes(log.digest().toBytes())
                .uint(size)
                .bytes(root.toBytes())
                .uint(timeMillis)
                .toBytes();
    }
}
