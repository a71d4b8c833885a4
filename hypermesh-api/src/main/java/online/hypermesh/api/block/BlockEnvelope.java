package online.hypermesh.api.block;

import java.util.List;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * A sealed block's data key, wrapped to recipients and groups and signed by the block's author. It stands beside the block
 * and is no part of it: who may read changes by an envelope with a higher sequence number, and neither body nor id changes.
 * Leaving somebody out affects who keeps only the newest envelope; what somebody could open once, they may have kept.
 * Immutable.
 *
 * @param network the network
 * @param block the block's id
 * @param author who wrapped it
 * @param sequence increases with every envelope of one block; 0 for the first
 * @param stanzas 1..{@link #MAX_STANZAS}, strictly ascending by {@link KeyStanza#compare}
 * @param signature by the author over everything above
 */
public record BlockEnvelope(
        NetworkId network,
        Digest block,
        VerifyKey author,
        long sequence,
        List<KeyStanza> stanzas,
        Signature signature) {
    /** Most stanzas; for more readers make a group. */
    public static final int MAX_STANZAS = 32;

    /** Largest encoded envelope in bytes. */
    public static final int MAX_BYTES = 40_960;

    private static final DomainTag SIGN_TAG = new DomainTag("hypermesh/block-envelope/v1");
    private static final int VERSION = 1;

    /**
     * Checks number, order and sequence number.
     *
     * @param network the network
     * @param block the block's id
     * @param author who wrapped it
     * @param sequence at least 0
     * @param stanzas 1..{@link #MAX_STANZAS}, strictly ascending
     * @param signature by the author
     */
    public BlockEnvelope {
        stanzas = List.copyOf(stanzas);
        check(stanzas, MAX_STANZAS, "an envelope");
        if (sequence < 0) {
            throw new IllegalArgumentException("sequence must be >= 0, was " + sequence);
        }
    }

    static void check(List<? extends KeyStanza> stanzas, int max, String what) {
        if (stanzas.isEmpty() || stanzas.size() > max) {
            throw new IllegalArgumentException(what + " has 1.." + max + " stanzas, got " + stanzas.size());
        }
        for (int i = 1; i < stanzas.size(); i++) {
            if (KeyStanza.compare(stanzas.get(i - 1), stanzas.get(i)) >= 0) {
                throw new IllegalArgumentException("stanzas must ascend and name nobody twice: " + stanzas.get(i)
                        + " follows " + stanzas.get(i - 1));
            }
        }
    }

    /**
     * Whether the author signed it.
     *
     * @return accepted, or INVALID_SIGNATURE
     */
    public Verdict verify() {
        return author.verify(SIGN_TAG, network, signedBody(block, author, sequence, stanzas), signature)
                ? Verdict.ACCEPTED
                : Verdict.rejected(Code.INVALID_SIGNATURE, "the author's signature on the envelope does not hold");
    }

    /**
     * Whether it takes the place of another envelope; who keeps envelopes keeps the newest.
     *
     * @param older the envelope held so far
     * @return accepted; INVALID_SIGNATURE when this one is not its author's; CONFLICT when it is not of the same block and
     *     author with a higher sequence number
     */
    public Verdict replaces(BlockEnvelope older) {
        if (!network.equals(older.network) || !block.equals(older.block) || !author.equals(older.author)) {
            return Verdict.rejected(Code.CONFLICT, "the envelopes are not of one author's one block");
        }
        if (sequence <= older.sequence) {
            return Verdict.rejected(
                    Code.CONFLICT, "sequence " + sequence + " is not newer than " + older.sequence + ", which is held");
        }
        return verify();
    }

    /**
     * What an envelope is signed under.
     *
     * @return the tag
     */
    public static DomainTag signingTag() {
        return SIGN_TAG;
    }

    /**
     * What the author signs.
     *
     * @param block the block's id
     * @param author who wraps
     * @param sequence the sequence number
     * @param stanzas the stanzas
     * @return canonical bytes
     */
    public static byte[] signedBody(Digest block, VerifyKey author, long sequence, List<KeyStanza> stanzas) {
        return new CborWriter(128 + stanzas.size() * 1200)
                .array(5)
                .uint(SealedHeader.SUITE_2026)
                .bytes(block.toBytes())
                .bytes(author.toBytes())
                .uint(sequence)
                .list(stanzas, KeyStanza::write)
                .toBytes();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(256 + stanzas.size() * 1200)
                .array(4)
                .uint(VERSION)
                .bytes(network.digest().toBytes())
                .encoded(signedBody(block, author, sequence, stanzas))
                .bytes(signature.toBytes())
                .toBytes();
    }

    /**
     * Reads canonical bytes; the signature is not checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the envelope
     * @throws HypermeshException MALFORMED for another version, values out of range, a stanza twice or out of order, too
     *     many of them, or bytes that are not canonical
     */
    public static BlockEnvelope decode(byte[] bytes) {
        try {
            CborReader r = new CborReader(bytes).expectArray(4).expect(VERSION, "envelope version");
            NetworkId network = new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH)));
            r.expectArray(5).expect(SealedHeader.SUITE_2026, "suite");
            Digest block = Digest.of(r.fixedBytes(Digest.LENGTH));
            VerifyKey author = VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
            long sequence = r.uint();
            List<KeyStanza> stanzas = r.list(MAX_STANZAS, KeyStanza::read);
            Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
            r.end();
            return new BlockEnvelope(network, block, author, sequence, stanzas, signature);
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.MALFORMED, Retry.NEVER, "Not the envelope of a sealed block: " + e.getMessage(), e);
        }
    }
}
