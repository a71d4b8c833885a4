package online.hypermesh.impl.block;

import java.util.Arrays;
import online.hypermesh.impl.seal.SegmentCipher;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;

/** What follows from a block's data key and salt (HKDF-SHA-256, RFC 5869). Confined to one thread. */
final class BlockKeys implements AutoCloseable {
    static final int DATA_KEY_BYTES = 32;

    private static final DomainTag KEY_TAG = new DomainTag("hypermesh/block-key/v1");
    private static final DomainTag COMMITMENT_TAG = new DomainTag("hypermesh/block-commitment/v1");
    private static final DomainTag LEAF_TAG = new DomainTag("hypermesh/block-leaf-salt/v1");
    private static final byte[] NO_CONTEXT = {};

    private final byte[] prk;
    private final byte[] leafKey;

    BlockKeys(SecretBytes dataKey, Digest salt) {
        byte[] key = dataKey.toBytes();
        try {
            if (key.length != DATA_KEY_BYTES) {
                throw new IllegalArgumentException("a data key has " + DATA_KEY_BYTES + " bytes, got " + key.length);
            }
            prk = Hashing.hkdfExtract(salt.toBytes(), key);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
        leafKey = Hashing.hkdfExpand(prk, LEAF_TAG, NO_CONTEXT, 32);
    }

    Digest commitment() {
        return Digest.of(Hashing.hkdfExpand(prk, COMMITMENT_TAG, NO_CONTEXT, Digest.LENGTH));
    }

    SegmentCipher cipher(byte[] headerCore) {
        return new SegmentCipher(
                Hashing.hkdfExpand(prk, KEY_TAG, NO_CONTEXT, SegmentCipher.KEY_BYTES + SegmentCipher.PREFIX_BYTES),
                headerCore);
    }

    Digest leafSalt(int segment) {
        return Hashing.hmac(leafKey, LEAF_TAG, new byte[] {
            (byte) (segment >>> 24), (byte) (segment >>> 16), (byte) (segment >>> 8), (byte) segment
        });
    }

    @Override
    public void close() {
        Arrays.fill(prk, (byte) 0);
        Arrays.fill(leafKey, (byte) 0);
    }
}
