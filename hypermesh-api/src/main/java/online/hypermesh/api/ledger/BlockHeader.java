package online.hypermesh.api.ledger;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The public head of a block; its tagged hash is the block's id. Immutable.
 *
 * @param version format version, 2
 * @param network the network
 * @param epoch the epoch
 * @param view view of the epoch in which it was proposed; 0 only for the genesis block
 * @param parentView view of its parent; 0 for the first block of an epoch
 * @param height number of ancestors
 * @param previous id of its parent; {@link Digest#ZERO} for the genesis block
 * @param ancestorsRoot Merkle root over the ids of all its ancestors, by height
 * @param transactionsRoot Merkle root over the encoded transactions
 * @param parentStateRoot root of the state after the parent
 * @param parentReceiptsRoot Merkle root over the receipts of the parent's transactions
 * @param evidenceRoot Merkle root over the evidence it carries
 * @param proofsRoot Merkle root over the proofs it carries
 * @param validatorsRoot root of the validator set of its epoch
 * @param nextValidatorsRoot root of the next epoch's validator set where an epoch ends, {@link Digest#ZERO} elsewhere
 * @param timeMillis milliseconds since 1970, larger than the parent's
 * @param proposer node identity of the leader
 * @param bodyCommitment Merkle root over 64 KiB segments of the encoded body
 * @param bodyLength length of the encoded body in bytes
 * @param suite dated algorithm suite, 2026
 */
public record BlockHeader(
        int version,
        NetworkId network,
        long epoch,
        long view,
        long parentView,
        long height,
        Digest previous,
        Digest ancestorsRoot,
        Digest transactionsRoot,
        Digest parentStateRoot,
        Digest parentReceiptsRoot,
        Digest evidenceRoot,
        Digest proofsRoot,
        Digest validatorsRoot,
        Digest nextValidatorsRoot,
        long timeMillis,
        NodeId proposer,
        Digest bodyCommitment,
        int bodyLength,
        int suite) {
    /** The format version this code writes and accepts. */
    public static final int VERSION = 2;

    /** The algorithm suite this code writes and accepts. */
    public static final int SUITE_2026 = 2026;

    /** Items of the encoding. */
    static final int ITEMS = 20;

    private static final DomainTag ID_TAG = new DomainTag("hypermesh/block/v1");

    /**
     * Whether it ends its epoch, or stands between the block that does and that block's finality. Such a header names the
     * validators of the next epoch.
     *
     * @return true if so
     */
    public boolean isClosing() {
        return !nextValidatorsRoot.equals(Digest.ZERO);
    }

    /**
     * The block's id.
     *
     * @return the tagged hash of the canonical bytes
     */
    public Digest id() {
        return Hashing.hash(ID_TAG, encode());
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(512);
        writeTo(w);
        return w.toBytes();
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(ITEMS)
                .uint(version)
                .bytes(network.digest().toBytes())
                .uint(epoch)
                .uint(view)
                .uint(parentView)
                .uint(height)
                .bytes(previous.toBytes())
                .bytes(ancestorsRoot.toBytes())
                .bytes(transactionsRoot.toBytes())
                .bytes(parentStateRoot.toBytes())
                .bytes(parentReceiptsRoot.toBytes())
                .bytes(evidenceRoot.toBytes())
                .bytes(proofsRoot.toBytes())
                .bytes(validatorsRoot.toBytes())
                .bytes(nextValidatorsRoot.toBytes())
                .uint(timeMillis)
                .bytes(proposer.digest().toBytes())
                .bytes(bodyCommitment.toBytes())
                .uint(bodyLength)
                .uint(suite);
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the header
     * @throws online.hypermesh.stoq.base.cbor.CborException for another version, or bytes that are not canonical
     */
    public static BlockHeader readFrom(CborReader r) {
        return readItems(r.expectArray(ITEMS));
    }

    /** Reads what follows the head of the array. */
    static BlockHeader readItems(CborReader r) {
        r.expect(VERSION, "block version");
        return new BlockHeader(
                VERSION,
                new NetworkId(digest(r)),
                r.uint(),
                r.uint(),
                r.uint(),
                r.uint(),
                digest(r),
                digest(r),
                digest(r),
                digest(r),
                digest(r),
                digest(r),
                digest(r),
                digest(r),
                digest(r),
                r.uint(),
                new NodeId(digest(r)),
                digest(r),
                r.uint(Integer.MAX_VALUE),
                r.uint(65_535));
    }

    private static Digest digest(CborReader r) {
        return Digest.of(r.fixedBytes(Digest.LENGTH));
    }
}
