package online.hypermesh.impl.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.SegmentCipher;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** An author for tests, who also makes blocks that an honest one would not. */
final class Author {
    static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    static final Digest CHAIN = Digest.sha256(new byte[] {2});

    final SecureRandom random = new SecureRandom();
    final SigningKey key = SigningKey.generate(random);
    final BlockSealer sealer = new BlockSealer(NETWORK, key, random);
    final EnvelopeAuthor envelopes = new EnvelopeAuthor(NETWORK, key, random);
    final BlockOpener opener = new BlockOpener(NETWORK, key.verifyKey());

    static SecretBytes secret(int number) {
        return SecretBytes.copyOf(Digest.sha256(new byte[] {(byte) number}).toBytes());
    }

    /** A properly signed and committed block of anything inside the encryption. */
    SealedBlock sealInner(byte[] inner, SecretBytes dataKey) {
        SealedHeader open = header(inner.length, commitment(dataKey), Digest.ZERO);
        byte[] body = new byte[open.bodyLength()];
        try (BlockKeys keys = new BlockKeys(dataKey, open.salt());
                SegmentCipher cipher = keys.cipher(open.encodeCore())) {
            int to = 0;
            for (int i = 0; i < open.segmentCount(); i++) {
                int n = open.segmentLength(i) - SealedHeader.TAG_BYTES;
                to += cipher.seal(i, i == open.segmentCount() - 1, inner, i * SealedHeader.SEGMENT_BYTES, n, body, to);
            }
        }
        return publish(open, body);
    }

    SealedHeader header(int paddedLength, Digest keyCommitment, Digest body) {
        return new SealedHeader(
                NETWORK,
                CHAIN,
                0,
                Digest.ZERO,
                Optional.empty(),
                7,
                key.verifyKey(),
                Digest.sha256(new byte[] {3}),
                paddedLength,
                keyCommitment,
                List.of(),
                body);
    }

    static Digest commitment(SecretBytes dataKey) {
        try (BlockKeys keys = new BlockKeys(dataKey, Digest.sha256(new byte[] {3}))) {
            return keys.commitment();
        }
    }

    /** Commits to a body and signs. */
    SealedBlock publish(SealedHeader h, byte[] body) {
        List<Digest> leaves = SealedBlock.leaves(body, h.paddedLength());
        return sign(
                new SealedHeader(
                        h.network(),
                        h.chain(),
                        h.height(),
                        h.previous(),
                        h.disclosureRoot(),
                        h.timeMillis(),
                        h.author(),
                        h.salt(),
                        h.paddedLength(),
                        h.keyCommitment(),
                        h.extensions(),
                        MerkleTree.root(leaves)),
                leaves,
                body);
    }

    SealedBlock sign(SealedHeader header, List<Digest> leaves, byte[] body) {
        return new SealedBlock(
                header, key.sign(SealedHeader.signingTag(), NETWORK, header.id().toBytes()), leaves, body);
    }

    static byte[] bodyOf(SealedBlock block) {
        byte[] all = block.encode();
        return Arrays.copyOfRange(all, all.length - block.header().bodyLength(), all.length);
    }

    static ArrayBytes bytes(SealedBlock block) {
        return new ArrayBytes(block.encode());
    }

    static void refused(Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
