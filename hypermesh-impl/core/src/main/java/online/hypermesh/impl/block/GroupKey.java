package online.hypermesh.impl.block;

import java.security.SecureRandom;
import java.util.Arrays;
import online.hypermesh.api.block.KeyStanza;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.impl.seal.SegmentCipher;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.id.NetworkId;

/** The key of one epoch of a group, as its owner and its members hold it. Redacted and destroyable; thread-safe. */
public final class GroupKey implements AutoCloseable {
    private static final DomainTag COMMITMENT_TAG = new DomainTag("hypermesh/group-commitment/v1");
    private static final DomainTag WRAP_TAG = new DomainTag("hypermesh/group-wrap/v1");

    private final Digest group;
    private final long epoch;
    private final SecretBytes secret;

    GroupKey(Digest group, long epoch, SecretBytes secret) {
        this.group = group;
        this.epoch = epoch;
        this.secret = secret;
    }

    /**
     * The group's id.
     *
     * @return {@link online.hypermesh.api.block.GroupEpoch#group()}
     */
    public Digest group() {
        return group;
    }

    /**
     * The epoch.
     *
     * @return at least 0
     */
    public long epoch() {
        return epoch;
    }

    SecretBytes secret() {
        return secret;
    }

    GroupKey copy() {
        byte[] s = secret.toBytes();
        try {
            return new GroupKey(group, epoch, SecretBytes.copyOf(s));
        } finally {
            Arrays.fill(s, (byte) 0);
        }
    }

    Digest commitment() {
        return Digest.of(derive(new byte[0], COMMITMENT_TAG, Digest.LENGTH));
    }

    /** Wraps a block's data key to everyone who holds this key. */
    KeyStanza.ForGroup wrap(NetworkId network, Digest block, SecretBytes dataKey, SecureRandom random) {
        byte[] salt = new byte[Digest.LENGTH];
        random.nextBytes(salt);
        byte[] key = dataKey.toBytes();
        byte[] wrapped = new byte[key.length + SegmentCipher.TAG_BYTES];
        try (SegmentCipher cipher = cipher(network, block, salt)) {
            cipher.seal(0, true, key, 0, key.length, wrapped, 0);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
        return new KeyStanza.ForGroup(group, epoch, Digest.of(salt), wrapped);
    }

    /** Unwraps a data key; CORRUPTED when the stanza is not of this key and block. */
    SecretBytes unwrap(NetworkId network, Digest block, KeyStanza.ForGroup stanza) {
        byte[] wrapped = stanza.wrapped();
        byte[] key = new byte[wrapped.length - SegmentCipher.TAG_BYTES];
        try (SegmentCipher cipher = cipher(network, block, stanza.salt().toBytes())) {
            cipher.open(0, true, wrapped, 0, wrapped.length, key, 0);
            return SecretBytes.copyOf(key);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    private SegmentCipher cipher(NetworkId network, Digest block, byte[] salt) {
        byte[] aad = new CborWriter()
                .array(5)
                .uint(SealedHeader.SUITE_2026)
                .bytes(network.digest().toBytes())
                .bytes(block.toBytes())
                .bytes(group.toBytes())
                .uint(epoch)
                .toBytes();
        return new SegmentCipher(derive(salt, WRAP_TAG, SegmentCipher.KEY_BYTES + SegmentCipher.PREFIX_BYTES), aad);
    }

    private byte[] derive(byte[] salt, DomainTag tag, int length) {
        byte[] s = secret.toBytes();
        try {
            return Hashing.hkdf(s, salt, tag, length);
        } finally {
            Arrays.fill(s, (byte) 0);
        }
    }

    /** Overwrites the key; later uses fail. */
    @Override
    public void close() {
        secret.close();
    }

    @Override
    public String toString() {
        return "GroupKey[" + group.toShortHex() + ", epoch " + epoch + "]";
    }
}
