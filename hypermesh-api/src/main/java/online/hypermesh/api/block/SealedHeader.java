package online.hypermesh.api.block;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * The public head of a sealed block. Whoever has it can follow the chain and check that a body is the one it names; nobody
 * learns from it what the body says, how well that compresses, or who may read it. The block's id is the tagged hash of its
 * canonical bytes ({@code docs/spec/block.md}). Immutable.
 *
 * @param network the network
 * @param chain names the chain, for example an asset's id
 * @param height number of ancestors in the chain
 * @param previous id of the block before; {@link Digest#ZERO} exactly at height 0
 * @param disclosureRoot commits to the plaintext for {@link Disclosure}s, if the author wanted that
 * @param timeMillis milliseconds since 1970, by the author's clock
 * @param author who made it; signs its id
 * @param salt 32 random bytes, fresh for every block
 * @param paddedLength length in bytes of what is encrypted, 4..{@link #MAX_PADDED_BYTES}
 * @param keyCommitment 32 bytes that only one data key gives
 * @param extensions at most {@link #MAX_EXTENSIONS}, ids strictly ascending
 * @param bodyCommitment root of the Merkle tree (RFC 9162 §2.1) over the encrypted segments
 */
public record SealedHeader(
        NetworkId network,
        Digest chain,
        long height,
        Digest previous,
        Optional<Digest> disclosureRoot,
        long timeMillis,
        VerifyKey author,
        Digest salt,
        int paddedLength,
        Digest keyCommitment,
        List<HeaderExtension> extensions,
        Digest bodyCommitment) {
    /** The format version this code writes and accepts. */
    public static final int VERSION = 1;

    /** The algorithm suite this code writes and accepts. */
    public static final int SUITE_2026 = 2026;

    /** Largest plaintext of a block in bytes. */
    public static final int MAX_PLAIN_BYTES = 64 * 1024 * 1024;

    /** Largest value of {@link #paddedLength()}. */
    public static final int MAX_PADDED_BYTES = MAX_PLAIN_BYTES + MAX_PLAIN_BYTES / 8 + 64;

    /** Smallest value of {@link #paddedLength()}. */
    public static final int MIN_PADDED_BYTES = 4;

    /** Plaintext per encrypted segment in bytes. */
    public static final int SEGMENT_BYTES = 65_536;

    /** What encryption adds to a segment, in bytes. */
    public static final int TAG_BYTES = 16;

    /** Most extensions. */
    public static final int MAX_EXTENSIONS = 16;

    /** Largest encoded header in bytes. */
    public static final int MAX_BYTES = 17_408;

    private static final DomainTag ID_TAG = new DomainTag("hypermesh/sealed-block/v1");
    private static final DomainTag SIGN_TAG = new DomainTag("hypermesh/sealed-block-author/v1");

    /**
     * Checks the ranges.
     *
     * @param network the network
     * @param chain names the chain
     * @param height at least 0
     * @param previous {@link Digest#ZERO} exactly at height 0
     * @param disclosureRoot commits to the plaintext
     * @param timeMillis at least 0
     * @param author who made it
     * @param salt 32 bytes
     * @param paddedLength 4..{@link #MAX_PADDED_BYTES}
     * @param keyCommitment 32 bytes
     * @param extensions at most {@link #MAX_EXTENSIONS}, ids strictly ascending
     * @param bodyCommitment root over the encrypted segments
     */
    public SealedHeader {
        if (height < 0 || timeMillis < 0) {
            throw new IllegalArgumentException("height and time must be >= 0, were " + height + " and " + timeMillis);
        }
        if ((height == 0) != previous.equals(Digest.ZERO)) {
            throw new IllegalArgumentException(
                    "the block before is zero at height 0 and nowhere else, was " + previous + " at " + height);
        }
        if (paddedLength < MIN_PADDED_BYTES || paddedLength > MAX_PADDED_BYTES) {
            throw new IllegalArgumentException(
                    "the padded length is in " + MIN_PADDED_BYTES + ".." + MAX_PADDED_BYTES + ", was " + paddedLength);
        }
        extensions = List.copyOf(extensions);
        if (extensions.size() > MAX_EXTENSIONS) {
            throw new IllegalArgumentException(
                    "a header has at most " + MAX_EXTENSIONS + " extensions, got " + extensions.size());
        }
        for (int i = 1; i < extensions.size(); i++) {
            if (extensions.get(i - 1).id() >= extensions.get(i).id()) {
                throw new IllegalArgumentException("ids of extensions must ascend, got "
                        + extensions.get(i - 1).id() + " before "
                        + extensions.get(i).id());
            }
        }
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
     * Number of encrypted segments; at least 1.
     *
     * @return {@link #paddedLength()} divided by {@link #SEGMENT_BYTES}, rounded up
     */
    public int segmentCount() {
        return (paddedLength + SEGMENT_BYTES - 1) / SEGMENT_BYTES;
    }

    /**
     * Length of the body in bytes.
     *
     * @return the padded length and a tag for every segment
     */
    public int bodyLength() {
        return paddedLength + segmentCount() * TAG_BYTES;
    }

    /**
     * Length of one encrypted segment.
     *
     * @param segment its number
     * @return bytes, the tag included
     */
    public int segmentLength(int segment) {
        return Math.min(SEGMENT_BYTES, paddedLength - segment * SEGMENT_BYTES) + TAG_BYTES;
    }

    /**
     * Whether this block comes next after another one of the same author.
     *
     * @param parent the block before
     * @return accepted; WRONG_NETWORK; or CONFLICT, with the field that does not fit
     */
    public Verdict follows(SealedHeader parent) {
        if (!network.equals(parent.network)) {
            return Verdict.rejected(Code.WRONG_NETWORK, "the block before is of network " + parent.network);
        }
        if (!chain.equals(parent.chain)) {
            return Verdict.rejected(Code.CONFLICT, "the block before is of chain " + parent.chain);
        }
        if (!author.equals(parent.author)) {
            return Verdict.rejected(Code.CONFLICT, "the block before is by " + parent.author);
        }
        if (height - 1 != parent.height || !previous.equals(parent.id())) {
            return Verdict.rejected(
                    Code.CONFLICT,
                    "height " + height + " after " + previous.toShortHex() + " does not follow height " + parent.height
                            + ", id " + parent.id().toShortHex());
        }
        return timeMillis >= parent.timeMillis
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.CONFLICT, "its time " + timeMillis + " is before its parent's " + parent.timeMillis);
    }

    /**
     * Whether the author signed the block's id for its network.
     *
     * @param signature the block's proof
     * @return accepted, or INVALID_SIGNATURE
     */
    public Verdict verify(Signature signature) {
        return author.verify(SIGN_TAG, network, id().toBytes(), signature)
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_SIGNATURE, "the author's signature on block " + id() + " does not hold");
    }

    /**
     * What a block's proof is signed under.
     *
     * @return the tag; the body is the id's 32 bytes
     */
    public static DomainTag signingTag() {
        return SIGN_TAG;
    }

    /**
     * The part of the header that every segment's encryption authenticates: all of it but the body's commitment and length.
     *
     * @return canonical bytes
     */
    public byte[] encodeCore() {
        CborWriter w = new CborWriter(512)
                .array(13)
                .uint(VERSION)
                .uint(SUITE_2026)
                .bytes(network.digest().toBytes())
                .bytes(chain.toBytes())
                .uint(height)
                .bytes(previous.toBytes());
        disclosureRoot.ifPresentOrElse(root -> w.bytes(root.toBytes()), w::nil);
        return w.uint(timeMillis)
                .bytes(author.toBytes())
                .bytes(salt.toBytes())
                .uint(paddedLength)
                .bytes(keyCommitment.toBytes())
                .list(
                        extensions,
                        (o, e) -> o.array(3).uint(e.id()).bool(e.critical()).bytes(e.value()))
                .toBytes();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        byte[] core = encodeCore();
        return new CborWriter(core.length + 48)
                .array(3)
                .encoded(core)
                .bytes(bodyCommitment.toBytes())
                .uint(bodyLength())
                .toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the header
     * @throws HypermeshException MALFORMED for another version, values out of range, or bytes that are not canonical
     */
    public static SealedHeader decode(byte[] bytes) {
        try {
            CborReader r = new CborReader(bytes)
                    .expectArray(3)
                    .expectArray(13)
                    .expect(VERSION, "block version")
                    .expect(SUITE_2026, "suite");
            NetworkId network = new NetworkId(digest(r));
            Digest chain = digest(r);
            long height = r.uint();
            Digest previous = digest(r);
            Optional<Digest> root = r.nil() ? Optional.empty() : Optional.of(digest(r));
            long time = r.uint();
            VerifyKey author = VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
            Digest salt = digest(r);
            int padded = r.uint(MAX_PADDED_BYTES);
            Digest commitment = digest(r);
            List<HeaderExtension> extensions = r.list(MAX_EXTENSIONS, e -> {
                e.expectArray(3);
                return new HeaderExtension(
                        e.uint(HeaderExtension.MAX_ID), e.bool(), e.bytes(HeaderExtension.MAX_VALUE_BYTES));
            });
            Digest body = digest(r);
            SealedHeader header = new SealedHeader(
                    network, chain, height, previous, root, time, author, salt, padded, commitment, extensions, body);
            r.expect(header.bodyLength(), "body length").end();
            return header;
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.MALFORMED, Retry.NEVER, "Not the header of a sealed block: " + e.getMessage(), e);
        }
    }

    private static Digest digest(CborReader r) {
        return Digest.of(r.fixedBytes(Digest.LENGTH));
    }
}
