package online.hypermesh.impl.content;

import online.hypermesh.api.genesis.Genesis;
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
 * A node's word that it holds a pack list and every pack on it durably: written, and synced to disk. Immutable.
 *
 * @param network the network
 * @param packListId id of the pack list
 * @param packCount number of packs listed
 * @param storedBytes sum of their lengths
 * @param signer node key of the node
 * @param signature by the node over everything above
 */
public record StorageReceipt(
        NetworkId network, Digest packListId, int packCount, long storedBytes, VerifyKey signer, Signature signature) {
    private static final DomainTag TAG = new DomainTag("hypermesh/storage-receipt/v1");
    private static final int VERSION = 1;

    /**
     * Gives a node's word.
     *
     * @param network the network
     * @param nodeKey its node key
     * @param packListId id of the pack list
     * @param packCount number of packs listed
     * @param storedBytes sum of their lengths
     * @return the receipt
     */
    public static StorageReceipt sign(
            NetworkId network, SigningKey nodeKey, Digest packListId, int packCount, long storedBytes) {
        return new StorageReceipt(
                network,
                packListId,
                packCount,
                storedBytes,
                nodeKey.verifyKey(),
                nodeKey.sign(TAG, network, body(packListId, packCount, storedBytes)));
    }

    /**
     * How many receipts acknowledge content.
     *
     * @param genesis the network's founding document
     * @return the smaller of its {@code replicas} parameter and its number of validators
     */
    public static int required(Genesis genesis) {
        return Math.min(genesis.parameters().replicas(), genesis.validators().size());
    }

    /**
     * Whether the signer signed it.
     *
     * @return true if so
     */
    public boolean signatureHolds() {
        return signer.verify(TAG, network, body(packListId, packCount, storedBytes), signature);
    }

    /**
     * Identity of the signer.
     *
     * @return the id of its node key
     */
    public NodeId signerId() {
        return NodeId.of(signer);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(7)
                .uint(VERSION)
                .bytes(network.digest().toBytes())
                .bytes(packListId.toBytes())
                .uint(packCount)
                .uint(storedBytes)
                .bytes(signer.toBytes())
                .bytes(signature.toBytes());
    }

    /**
     * Reads the canonical form; the signature is not checked.
     *
     * @param r where from
     * @return the receipt
     */
    public static StorageReceipt readFrom(CborReader r) {
        r.expectArray(7).expect(VERSION, "storage receipt version");
        return new StorageReceipt(
                new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(PackList.MAX_PACKS),
                r.uint(),
                VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH)),
                Signature.of(r.fixedBytes(Signature.LENGTH)));
    }

    private static byte[] body(Digest packListId, int packCount, long storedBytes) {
        return new CborWriter()
                .array(3)
                .bytes(packListId.toBytes())
                .uint(packCount)
                .uint(storedBytes)
                .toBytes();
    }
}
