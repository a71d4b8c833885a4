package online.hypermesh.impl.content.repository;

import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;

/** The secrets of a repository, all derived from its 32-byte seed. Redacted and destroyable; thread-safe. */
final class RepositoryKeys implements AutoCloseable {
    static final int SEED_BYTES = 32;

    private static final byte[] NO_SALT = {};
    private static final DomainTag PUBLIC_SEED_TAG = new DomainTag("hypermesh/repository-public-seed/v1");
    private static final DomainTag CMAC_TAG = new DomainTag("hypermesh/repository-chunk-cmac/v1");
    private static final DomainTag PMAC_TAG = new DomainTag("hypermesh/repository-chunk-pmac/v1");
    private static final DomainTag GROUP_CHUNK = new DomainTag("hypermesh/repository-group-chunk/v1");
    private static final DomainTag PUBLIC_CHUNK = new DomainTag("hypermesh/repository-public-chunk/v1");
    private static final DomainTag CHUNK_TAG = new DomainTag("hypermesh/repository-chunk-key/v1");
    private static final DomainTag PACK_TAG = new DomainTag("hypermesh/repository-pack-master/v1");
    private static final DomainTag META_TAG = new DomainTag("hypermesh/repository-meta-master/v1");
    private static final DomainTag CHUNKER_TAG = new DomainTag("hypermesh/repository-chunker/v1");
    private static final DomainTag PACK_KEY_TAG = new DomainTag("hypermesh/repository-pack-key/v1");
    private static final DomainTag META_KEY_TAG = new DomainTag("hypermesh/repository-meta-key/v1");
    private static final DomainTag PAGE_KEY_TAG = new DomainTag("hypermesh/repository-page-key/v1");

    private final DedupDomain domain;
    private final Generation generation;
    private final SecretBytes chunkKey;
    private final SecretBytes packMaster;
    private final SecretBytes metaMaster;
    private final SecretBytes chunker;

    RepositoryKeys(byte[] seed, DedupDomain domain, Generation generation) {
        this.domain = domain;
        this.generation = generation;
        this.chunkKey = secret(seed, idTag(domain, generation));
        this.packMaster = secret(seed, PACK_TAG);
        this.metaMaster = secret(seed, META_TAG);
        this.chunker = secret(seed, CHUNKER_TAG);
    }

    /**
     * The seed of a new repository. That of PUBLIC ones is known to everybody, so that all of them name and cut chunks alike.
     *
     * @return the seed, which the caller wipes
     */
    static byte[] newSeed(DedupDomain domain, SecureRandom random) {
        if (domain == DedupDomain.PUBLIC) {
            return Hashing.hash(PUBLIC_SEED_TAG, NO_SALT).toBytes();
        }
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        return seed;
    }

    DedupDomain domain() {
        return domain;
    }

    private static DomainTag idTag(DedupDomain domain, Generation generation) {
        if (domain != DedupDomain.PRIVATE) {
            return CHUNK_TAG;
        }
        return generation == Generation.FIRST ? CMAC_TAG : PMAC_TAG;
    }

    /** What ids of chunks are tagged with where several know the key. */
    DomainTag chunkTag() {
        return switch (domain) {
            case PRIVATE -> throw new IllegalStateException("ids of a PRIVATE repository have a key of their own");
            case GROUP -> GROUP_CHUNK;
            case PUBLIC -> PUBLIC_CHUNK;
        };
    }

    private static SecretBytes secret(byte[] seed, DomainTag tag) {
        byte[] value = Hashing.hkdf(seed, NO_SALT, tag, 32);
        try {
            return SecretBytes.copyOf(value);
        } finally {
            Arrays.fill(value, (byte) 0);
        }
    }

    /** What names the chunks of a PRIVATE repository. */
    ChunkMac ownMac() {
        byte[] key = chunkKey.toBytes();
        try {
            return generation == Generation.FIRST ? new AesCmac(key) : new AesPmac(key);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    Mac chunkMac() {
        byte[] key = chunkKey.toBytes();
        try {
            return Hashing.hmacSha256(key);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** The secret that decides where private content is cut; the caller wipes it. */
    byte[] chunkerSecret() {
        return chunker.toBytes();
    }

    byte[] packKey(byte[] salt) {
        return derived(packMaster, salt, PACK_KEY_TAG);
    }

    byte[] pageKey(byte[] salt) {
        return derived(metaMaster, salt, PAGE_KEY_TAG);
    }

    private static byte[] derived(SecretBytes master, byte[] salt, DomainTag tag) {
        byte[] secret = master.toBytes();
        try {
            return Hashing.hkdf(secret, salt, tag, StreamSeal.KEY_BYTES);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    byte[] sealMeta(byte[] salt, byte[] context, byte[] plain) {
        byte[] key = derived(metaMaster, salt, META_KEY_TAG);
        try {
            return StreamSeal.seal(key, salt, Codec.BROTLI, context, plain);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    byte[] openMeta(byte[] context, byte[] sealed, int maxPlainBytes) {
        byte[] key = derived(metaMaster, StreamSeal.saltOf(sealed), META_KEY_TAG);
        try {
            return StreamSeal.open(key, context, sealed, maxPlainBytes);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    @Override
    public void close() {
        chunkKey.close();
        packMaster.close();
        metaMaster.close();
        chunker.close();
    }

    @Override
    public String toString() {
        return "RepositoryKeys[redacted]";
    }
}
