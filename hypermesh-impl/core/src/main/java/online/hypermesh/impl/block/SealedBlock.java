package online.hypermesh.impl.block;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.Signature;

/** A sealed block as its author made it: header, proof, hashes of the segments, segments. Immutable. */
public final class SealedBlock {
    private final SealedHeader header;
    private final Signature signature;
    private final List<Digest> leaves;
    private final byte[] body;

    SealedBlock(SealedHeader header, Signature signature, List<Digest> leaves, byte[] body) {
        this.header = header;
        this.signature = signature;
        this.leaves = List.copyOf(leaves);
        this.body = body;
    }

    /** Leaf hashes of a body of which only the padded length is known. */
    static List<Digest> leaves(byte[] body, int paddedLength) {
        int step = SealedHeader.SEGMENT_BYTES + SealedHeader.TAG_BYTES;
        int count = (paddedLength + SealedHeader.SEGMENT_BYTES - 1) / SealedHeader.SEGMENT_BYTES;
        List<Digest> leaves = new ArrayList<>(count);
        MessageDigest sha = Hashing.sha256();
        for (int i = 0; i < count; i++) {
            leaves.add(leaf(sha, body, i * step, Math.min(step, body.length - i * step)));
        }
        return leaves;
    }

    /** Leaf hash (RFC 9162 §2.1.1) of a range, without copying it. */
    static Digest leaf(MessageDigest sha, byte[] from, int offset, int length) {
        sha.update((byte) 0);
        sha.update(from, offset, length);
        return Digest.of(sha.digest());
    }

    /**
     * Its public header.
     *
     * @return the header
     */
    public SealedHeader header() {
        return header;
    }

    /**
     * The author's signature on its id.
     *
     * @return the proof
     */
    public Signature signature() {
        return signature;
    }

    /**
     * The id.
     *
     * @return {@link SealedHeader#id()}
     */
    public Digest id() {
        return header.id();
    }

    /**
     * Proves to somebody who has only the header that a segment is part of the body.
     *
     * @param segment its number
     * @return the inclusion path (RFC 9162 §2.1.3.1)
     */
    public List<Digest> path(int segment) {
        return MerkleTree.path(leaves, segment);
    }

    /**
     * The bytes that are stored and sent.
     *
     * @return a fresh array
     */
    public byte[] encode() {
        byte[] head = header.encode();
        byte[] proof = proof(signature);
        byte[] all = new byte
                [BlockHead.PREFIX_BYTES
                        + head.length
                        + BlockHead.LENGTH_BYTES
                        + proof.length
                        + leaves.size() * Digest.LENGTH
                        + body.length];
        System.arraycopy(BlockHead.MAGIC, 0, all, 0, BlockHead.MAGIC.length);
        int at = put(all, BlockHead.MAGIC.length, head);
        at = put(all, at, proof);
        for (Digest leaf : leaves) {
            System.arraycopy(leaf.toBytes(), 0, all, at, Digest.LENGTH);
            at += Digest.LENGTH;
        }
        System.arraycopy(body, 0, all, at, body.length);
        return all;
    }

    private static byte[] proof(Signature signature) {
        return new CborWriter()
                .array(2)
                .uint(BlockHead.PROOF_BY_AUTHOR)
                .bytes(signature.toBytes())
                .toBytes();
    }

    private static int put(byte[] to, int at, byte[] item) {
        to[at] = (byte) (item.length >>> 8);
        to[at + 1] = (byte) item.length;
        System.arraycopy(item, 0, to, at + BlockHead.LENGTH_BYTES, item.length);
        return at + BlockHead.LENGTH_BYTES + item.length;
    }

    @Override
    public String toString() {
        return "SealedBlock[" + id().toShortHex() + ", " + body.length + " bytes]";
    }
}
