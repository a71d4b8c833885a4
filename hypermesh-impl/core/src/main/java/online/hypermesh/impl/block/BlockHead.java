package online.hypermesh.impl.block;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.block.BlockBytes;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.error.Retry;

/**
 * What stands before the segments of a sealed block. With it anybody, without any key, checks who made the block and that its
 * body is the one its id names. Immutable.
 */
public final class BlockHead {
    static final byte[] MAGIC = {'H', 'M', 'B', '1'};
    static final int LENGTH_BYTES = 2;
    static final int PREFIX_BYTES = MAGIC.length + LENGTH_BYTES;
    static final int PROOF_BY_AUTHOR = 0;
    private static final int MAX_PROOF_BYTES = 128;

    private final SealedHeader header;
    private final Signature signature;
    private final List<Digest> leaves;
    private final int bodyStart;

    private BlockHead(SealedHeader header, Signature signature, List<Digest> leaves, int bodyStart) {
        this.header = header;
        this.signature = signature;
        this.leaves = leaves;
        this.bodyStart = bodyStart;
    }

    /**
     * Reads everything before the segments and checks that the hashes of the segments are those the header commits to. The
     * signature is not checked.
     *
     * @param bytes a sealed block
     * @return its head
     * @throws HypermeshException MALFORMED for another format or length, CORRUPTED when the hashes of the segments do not
     *     fit the header
     */
    public static BlockHead read(BlockBytes bytes) {
        byte[] prefix = range(bytes, 0, PREFIX_BYTES);
        if (!Arrays.equals(prefix, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw malformed("the magic number HMB1 is missing");
        }
        int headerLength = length(prefix, MAGIC.length, SealedHeader.MAX_BYTES);
        SealedHeader header = SealedHeader.decode(range(bytes, PREFIX_BYTES, headerLength));
        int at = PREFIX_BYTES + headerLength;
        int proofLength = length(range(bytes, at, LENGTH_BYTES), 0, MAX_PROOF_BYTES);
        at += LENGTH_BYTES;
        Signature signature = proof(range(bytes, at, proofLength));
        at += proofLength;
        int leavesLength = header.segmentCount() * Digest.LENGTH;
        long total = (long) at + leavesLength + header.bodyLength();
        if (total != bytes.length()) {
            throw malformed(bytes.length() + " bytes, " + total + " are announced");
        }
        byte[] hashes = range(bytes, at, leavesLength);
        List<Digest> leaves = new ArrayList<>(header.segmentCount());
        for (int i = 0; i < leavesLength; i += Digest.LENGTH) {
            leaves.add(Digest.of(Arrays.copyOfRange(hashes, i, i + Digest.LENGTH)));
        }
        if (!MerkleTree.root(leaves).equals(header.bodyCommitment())) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "The hashes of the segments are not those block " + header.id() + " commits to. Get it from"
                            + " somebody else");
        }
        return new BlockHead(header, signature, List.copyOf(leaves), at + leavesLength);
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
     * Whether the author made it.
     *
     * @return accepted, or INVALID_SIGNATURE
     */
    public Verdict verify() {
        return header.verify(signature);
    }

    /**
     * Checks every segment, without any key and with the memory of one.
     *
     * @param bytes the same sealed block
     * @return accepted, or CORRUPTED with the number of the first segment that is another
     */
    public Verdict verifyBody(BlockBytes bytes) {
        byte[] segment = new byte[SealedHeader.SEGMENT_BYTES + SealedHeader.TAG_BYTES];
        MessageDigest sha = Hashing.sha256();
        for (int i = 0; i < leaves.size(); i++) {
            if (!readSegment(bytes, i, segment, sha)) {
                return Verdict.rejected(Code.CORRUPTED, "segment " + i + " of block " + header.id() + " was changed");
            }
        }
        return Verdict.ACCEPTED;
    }

    /** Reads one segment; whether it is the one the header commits to. */
    boolean readSegment(BlockBytes bytes, int segment, byte[] to, MessageDigest sha) {
        int n = header.segmentLength(segment);
        bytes.read(bodyStart + (long) segment * (SealedHeader.SEGMENT_BYTES + SealedHeader.TAG_BYTES), to, 0, n);
        return SealedBlock.leaf(sha, to, 0, n).equals(leaves.get(segment));
    }

    private static Signature proof(byte[] bytes) {
        try {
            CborReader r = new CborReader(bytes).expectArray(2).expect(PROOF_BY_AUTHOR, "kind of proof");
            Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
            r.end();
            return signature;
        } catch (CborException e) {
            throw malformed("its proof: " + e.getMessage());
        }
    }

    private static int length(byte[] from, int at, int max) {
        int length = (from[at] & 0xff) << 8 | (from[at + 1] & 0xff);
        if (length > max) {
            throw malformed("an item of " + length + " bytes, limit " + max);
        }
        return length;
    }

    private static byte[] range(BlockBytes bytes, int position, int length) {
        if (bytes.length() - position < length) {
            throw malformed("only " + bytes.length() + " bytes");
        }
        byte[] range = new byte[length];
        bytes.read(position, range, 0, length);
        return range;
    }

    private static HypermeshException malformed(String what) {
        return new HypermeshException(Code.MALFORMED, Retry.NEVER, "Not a sealed block of this version: " + what);
    }
}
