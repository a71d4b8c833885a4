package online.hypermesh.impl.block;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.block.Disclosure;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.SegmentCipher;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * Makes sealed blocks ({@code docs/spec/block.md}): compresses, pads, encrypts in segments, commits to data key and
 * ciphertext, signs. Thread-safe as its key and randomness are.
 */
public final class BlockSealer {
    private final NetworkId network;
    private final SigningKey author;
    private final SecureRandom random;

    /**
     * A sealer.
     *
     * @param network the network
     * @param author who signs
     * @param random for data keys and salts
     */
    public BlockSealer(NetworkId network, SigningKey author, SecureRandom random) {
        this.network = network;
        this.author = author;
        this.random = random;
    }

    /**
     * Seals a block under a fresh data key.
     *
     * @param draft what is said about it in public, and how to compress
     * @param plain its content, at most {@link SealedHeader#MAX_PLAIN_BYTES}
     * @return the block and its data key
     * @throws HypermeshException LIMIT_EXCEEDED; CONFIGURATION when brotli's native library is missing
     */
    public FreshBlock seal(BlockDraft draft, byte[] plain) {
        byte[] key = new byte[BlockKeys.DATA_KEY_BYTES];
        random.nextBytes(key);
        SecretBytes dataKey = SecretBytes.copyOf(key);
        Arrays.fill(key, (byte) 0);
        return new FreshBlock(seal(draft, plain, dataKey), dataKey);
    }

    private SealedBlock seal(BlockDraft draft, byte[] plain, SecretBytes dataKey) {
        if (plain.length > SealedHeader.MAX_PLAIN_BYTES) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    plain.length + " bytes to seal, limit " + SealedHeader.MAX_PLAIN_BYTES
                            + ". Seal them as several blocks of one chain");
        }
        byte[] salt = new byte[Digest.LENGTH];
        random.nextBytes(salt);
        byte[] inner = Frames.encode(draft.codec(), plain);
        SegmentCipher.announce(inner.length);
        try (BlockKeys keys = new BlockKeys(dataKey, Digest.of(salt))) {
            Optional<Digest> root = draft.disclosable() ? Optional.of(disclosureRoot(plain, keys)) : Optional.empty();
            SealedHeader open = header(draft, root, salt, inner.length, keys.commitment(), Digest.ZERO);
            byte[] body = new byte[open.bodyLength()];
            encrypt(inner, body, open, keys);
            List<Digest> leaves = SealedBlock.leaves(body, inner.length);
            SealedHeader header =
                    header(draft, root, salt, inner.length, open.keyCommitment(), MerkleTree.root(leaves));
            return new SealedBlock(
                    header,
                    author.sign(SealedHeader.signingTag(), network, header.id().toBytes()),
                    leaves,
                    body);
        } finally {
            Arrays.fill(inner, (byte) 0);
        }
    }

    private SealedHeader header(
            BlockDraft draft, Optional<Digest> root, byte[] salt, int paddedLength, Digest commitment, Digest body) {
        return new SealedHeader(
                network,
                draft.chain(),
                draft.height(),
                draft.previous(),
                root,
                draft.timeMillis(),
                author.verifyKey(),
                Digest.of(salt),
                paddedLength,
                commitment,
                draft.extensions(),
                body);
    }

    private static void encrypt(byte[] inner, byte[] body, SealedHeader header, BlockKeys keys) {
        try (SegmentCipher cipher = keys.cipher(header.encodeCore())) {
            int segments = header.segmentCount();
            int to = 0;
            for (int i = 0; i < segments; i++) {
                int n = header.segmentLength(i) - SealedHeader.TAG_BYTES;
                to += cipher.seal(i, i == segments - 1, inner, i * SealedHeader.SEGMENT_BYTES, n, body, to);
            }
        }
    }

    private static Digest disclosureRoot(byte[] plain, BlockKeys keys) {
        List<Digest> leaves = new ArrayList<>();
        for (int i = 0; i < Disclosure.leafCount(plain.length); i++) {
            int from = i * SealedHeader.SEGMENT_BYTES;
            leaves.add(Disclosure.leafHash(
                    keys.leafSalt(i), Arrays.copyOfRange(plain, from, from + Disclosure.leafLength(plain.length, i))));
        }
        return Disclosure.headerRoot(plain.length, MerkleTree.root(leaves));
    }
}
