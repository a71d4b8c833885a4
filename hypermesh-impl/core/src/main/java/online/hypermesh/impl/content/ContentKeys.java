package online.hypermesh.impl.content;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;

/**
 * An owner's content secrets, all derived from one 32-byte seed: the key of its PRIVATE deduplication domain, the master of
 * its pack keys, and its recipient key pair. Whoever holds the seed reads everything the owner stored. Redacted and
 * destroyable; thread-safe.
 */
public final class ContentKeys implements AutoCloseable {
    /** Length of the seed in bytes. */
    public static final int SEED_BYTES = 32;

    private static final byte[] NO_SALT = {};
    private static final DomainTag CHUNK_KEY_TAG = new DomainTag("hypermesh/chunk-id-key/v1");
    private static final DomainTag PACK_MASTER_TAG = new DomainTag("hypermesh/pack-master/v1");
    private static final DomainTag RECIPIENT_TAG = new DomainTag("hypermesh/recipient-seed/v1");
    private static final DomainTag PACK_KEY_TAG = new DomainTag("hypermesh/pack-key/v1");
    private static final DomainTag DOMAIN_TAG = new DomainTag("hypermesh/dedup-domain/v1");

    /** What chunk ids of the PRIVATE domain are tagged with. */
    static final DomainTag CHUNK_TAG = new DomainTag("hypermesh/chunk/private/v1");

    private final SecretBytes chunkKey;
    private final SecretBytes packMaster;
    private final RecipientKey recipient;
    private final Digest domain;

    private ContentKeys(byte[] seed) {
        this.chunkKey = derive(seed, CHUNK_KEY_TAG);
        this.packMaster = derive(seed, PACK_MASTER_TAG);
        byte[] recipientSeed = Hashing.hkdf(seed, NO_SALT, RECIPIENT_TAG, RecipientKey.SEED_BYTES);
        this.recipient = RecipientKey.fromSeed(recipientSeed);
        Arrays.fill(recipientSeed, (byte) 0);
        byte[] key = chunkKey.toBytes();
        this.domain = Hashing.hmac(key, DOMAIN_TAG, NO_SALT);
        Arrays.fill(key, (byte) 0);
    }

    /**
     * Fresh secrets. What they seal is lost with them: keep a seed and use {@link #fromSeed} for anything that lasts.
     *
     * @param random source of the seed
     * @return the secrets
     */
    public static ContentKeys generate(SecureRandom random) {
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        try {
            return new ContentKeys(seed);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /**
     * The secrets a seed determines.
     *
     * @param seed 32 secret bytes; copied
     * @return the secrets
     */
    public static ContentKeys fromSeed(byte[] seed) {
        if (seed.length != SEED_BYTES) {
            throw new IllegalArgumentException("a content seed has " + SEED_BYTES + " bytes, got " + seed.length);
        }
        return new ContentKeys(seed);
    }

    /**
     * The pair that opens envelopes made for this owner.
     *
     * @return the pair; closed together with this
     */
    public RecipientKey recipient() {
        return recipient;
    }

    /**
     * Public name of the deduplication domain; tells nothing about the keys. A {@link ChunkIndex} belongs to one domain.
     *
     * @return the name
     */
    public Digest domain() {
        return domain;
    }

    /** Identifies chunks of the PRIVATE domain: HMAC-SHA-256 under its key of tag ‖ chunk. Confined to one thread. */
    static final class ChunkIdentity {
        private final Mac mac;
        private final byte[] prefix;

        private ChunkIdentity(byte[] key) {
            this.mac = Hashing.hmacSha256(key);
            byte[] name = CHUNK_TAG.name().getBytes(StandardCharsets.US_ASCII);
            this.prefix = new byte[name.length + 1];
            prefix[0] = (byte) name.length;
            System.arraycopy(name, 0, prefix, 1, name.length);
        }

        Digest of(byte[] source, int offset, int length) {
            mac.update(prefix);
            mac.update(source, offset, length);
            return Digest.of(mac.doFinal());
        }
    }

    ChunkIdentity chunkIdentity() {
        byte[] key = chunkKey.toBytes();
        try {
            return new ChunkIdentity(key);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** The data key of the pack with this public salt. */
    byte[] packKey(byte[] salt) {
        byte[] master = packMaster.toBytes();
        try {
            return Hashing.hkdf(master, salt, PACK_KEY_TAG, StreamSeal.KEY_BYTES);
        } finally {
            Arrays.fill(master, (byte) 0);
        }
    }

    private static SecretBytes derive(byte[] seed, DomainTag tag) {
        byte[] value = Hashing.hkdf(seed, NO_SALT, tag, 32);
        try {
            return SecretBytes.copyOf(value);
        } finally {
            Arrays.fill(value, (byte) 0);
        }
    }

    /** Overwrites every secret; later uses fail. */
    @Override
    public void close() {
        chunkKey.close();
        packMaster.close();
        recipient.close();
    }

    @Override
    public String toString() {
        return "ContentKeys[" + recipient.publicKey() + "]";
    }
}
