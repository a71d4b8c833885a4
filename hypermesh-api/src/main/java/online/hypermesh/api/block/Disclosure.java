package online.hypermesh.api.block;

import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MerkleRange;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.error.Retry;

/**
 * One segment of a sealed block's plaintext, with the proof that its author put it there. The leaf is salted: who lacks the
 * salt cannot test guesses of other segments against the header. Tells the length of the whole plaintext. Immutable.
 *
 * @param plainLength length of the whole plaintext in bytes
 * @param root Merkle root over all leaves
 * @param segment which segment, from 0
 * @param salt the leaf's salt, 32 bytes
 * @param plain the segment: {@link SealedHeader#SEGMENT_BYTES}, the last one less
 * @param path from the leaf's sibling upwards (RFC 9162 §2.1.3.1)
 */
public record Disclosure(int plainLength, Digest root, int segment, Digest salt, byte[] plain, List<Digest> path) {
    private static final DomainTag ROOT_TAG = new DomainTag("hypermesh/block-disclosure/v1");
    private static final int VERSION = 1;

    /**
     * Checks the lengths and copies.
     *
     * @param plainLength 1..{@link SealedHeader#MAX_PLAIN_BYTES}
     * @param root Merkle root over all leaves
     * @param segment which segment
     * @param salt the leaf's salt
     * @param plain as long as that segment is
     * @param path at most {@link MerkleRange#MAX_PATH} hashes
     */
    public Disclosure {
        if (plainLength < 1 || plainLength > SealedHeader.MAX_PLAIN_BYTES) {
            throw new IllegalArgumentException(
                    "the plaintext has 1.." + SealedHeader.MAX_PLAIN_BYTES + " bytes, not " + plainLength);
        }
        if (segment < 0 || segment >= leafCount(plainLength) || plain.length != leafLength(plainLength, segment)) {
            throw new IllegalArgumentException("segment " + segment + " of " + plainLength
                    + " bytes of plaintext does not have " + plain.length + " bytes");
        }
        path = List.copyOf(path);
        if (path.size() > MerkleRange.MAX_PATH) {
            throw new IllegalArgumentException(
                    "a path has at most " + MerkleRange.MAX_PATH + " hashes, got " + path.size());
        }
        plain = plain.clone();
    }

    @Override
    public byte[] plain() {
        return plain.clone();
    }

    /**
     * Number of leaves of a plaintext.
     *
     * @param plainLength its length in bytes
     * @return segments, the last one perhaps shorter
     */
    public static int leafCount(int plainLength) {
        return (plainLength + SealedHeader.SEGMENT_BYTES - 1) / SealedHeader.SEGMENT_BYTES;
    }

    /**
     * Length of one segment of the plaintext.
     *
     * @param plainLength length of the whole plaintext in bytes
     * @param segment which segment
     * @return bytes
     */
    public static int leafLength(int plainLength, int segment) {
        return Math.min(SealedHeader.SEGMENT_BYTES, plainLength - segment * SealedHeader.SEGMENT_BYTES);
    }

    /**
     * Hash of one leaf.
     *
     * @param salt the leaf's salt
     * @param plain the segment
     * @return the leaf hash (RFC 9162 §2.1.1) of salt, then segment
     */
    public static Digest leafHash(Digest salt, byte[] plain) {
        byte[] leaf = Arrays.copyOf(salt.toBytes(), Digest.LENGTH + plain.length);
        System.arraycopy(plain, 0, leaf, Digest.LENGTH, plain.length);
        return MerkleTree.leafHash(leaf);
    }

    /**
     * What a header carries.
     *
     * @param plainLength length of the whole plaintext in bytes
     * @param root Merkle root over all leaves
     * @return the tagged hash of both
     */
    public static Digest headerRoot(int plainLength, Digest root) {
        return Hashing.hash(
                ROOT_TAG,
                new CborWriter()
                        .array(2)
                        .uint(plainLength)
                        .bytes(root.toBytes())
                        .toBytes());
    }

    /**
     * Whether the segment stands in a block at its place. The caller has checked the header and its author's signature.
     *
     * @param header the block's header
     * @return accepted, or INVALID_PROOF
     */
    public Verdict verify(SealedHeader header) {
        return header.disclosureRoot()
                                .filter(headerRoot(plainLength, root)::equals)
                                .isPresent()
                        && MerkleTree.verify(leafHash(salt, plain), segment, leafCount(plainLength), path, root)
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF, "segment " + segment + " is not shown to be in block " + header.id());
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(plain.length + 128 + path.size() * 34)
                .array(7)
                .uint(VERSION)
                .uint(plainLength)
                .bytes(root.toBytes())
                .uint(segment)
                .bytes(salt.toBytes())
                .bytes(plain)
                .list(path, (o, d) -> o.bytes(d.toBytes()))
                .toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the proof
     * @throws HypermeshException MALFORMED
     */
    public static Disclosure decode(byte[] bytes) {
        try {
            CborReader r = new CborReader(bytes).expectArray(7).expect(VERSION, "disclosure version");
            Disclosure d = new Disclosure(
                    r.uint(SealedHeader.MAX_PLAIN_BYTES),
                    Digest.of(r.fixedBytes(Digest.LENGTH)),
                    r.uint(SealedHeader.MAX_PLAIN_BYTES),
                    Digest.of(r.fixedBytes(Digest.LENGTH)),
                    r.bytes(SealedHeader.SEGMENT_BYTES),
                    r.list(MerkleRange.MAX_PATH, i -> Digest.of(i.fixedBytes(Digest.LENGTH))));
            r.end();
            return d;
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(Code.MALFORMED, Retry.NEVER, "Not a disclosure: " + e.getMessage(), e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Disclosure d
                && plainLength == d.plainLength
                && root.equals(d.root)
                && segment == d.segment
                && salt.equals(d.salt)
                && Arrays.equals(plain, d.plain)
                && path.equals(d.path);
    }

    @Override
    public int hashCode() {
        return 31 * salt.hashCode() + segment;
    }

    @Override
    public String toString() {
        return "Disclosure[segment " + segment + ", " + plain.length + " bytes]";
    }
}
