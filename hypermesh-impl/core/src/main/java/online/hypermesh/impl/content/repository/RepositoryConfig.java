package online.hypermesh.impl.content.repository;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.chunk.FastCdcChunker;
import online.hypermesh.impl.chunk.KeyedChunker;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The configuration of a repository: its seed, wrapped once for every key that opens it, and its settings, sealed. Immutable.
 *
 * @param id random, 16 bytes
 * @param domain within what equal chunks are stored once; part of what every slot's seal covers
 * @param settings the sealed settings
 * @param slots one per key
 */
record RepositoryConfig(byte[] id, DedupDomain domain, byte[] settings, List<Slot> slots) {
    static final int MAX_SLOTS = 16;

    private static final byte[] MAGIC = "HMREPO1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int ID_BYTES = 16;
    private static final int SALT_BYTES = 16;
    private static final int MAX_SEALED_BYTES = 1024;
    private static final int LOG2_N = 15;
    private static final int MIN_LOG2_N = 10;
    private static final int MAX_LOG2_N = 20;
    private static final int R = 8;
    private static final byte[] NO_SALT = {};
    private static final DomainTag SLOT_TAG = new DomainTag("hypermesh/repository-slot/v1");

    /**
     * The seed for one key.
     *
     * @param kind number of the key's kind
     * @param log2N scrypt's cost, 0 without scrypt
     * @param salt scrypt's salt, empty without scrypt
     * @param sealed the seed, sealed under what the key derives to
     */
    record Slot(int kind, int log2N, byte[] salt, byte[] sealed) {}

    /**
     * What is chosen when a repository is created.
     *
     * @param generation how it names and cuts
     * @param profile its profile
     * @param quotaBytes most stored bytes of packs, 0 for no limit
     * @param chunker number of the algorithm that cuts
     */
    record Settings(Generation generation, Profile profile, long quotaBytes, int chunker) {
        byte[] encode() {
            return new CborWriter()
                    .array(4)
                    .uint(generation.number())
                    .uint(profile.number())
                    .uint(quotaBytes)
                    .uint(chunker)
                    .toBytes();
        }

        static Settings decode(byte[] bytes) {
            CborReader r = new CborReader(bytes).expectArray(4);
            Settings settings =
                    new Settings(Generation.of(r.uint(255)), Profile.of(r.uint(255)), r.uint(), r.uint(255));
            r.end();
            if (settings.chunker() != FastCdcChunker.ID && settings.chunker() != KeyedChunker.ID) {
                throw new IllegalArgumentException("unknown chunker " + settings.chunker());
            }
            return settings;
        }
    }

    static RepositoryConfig create(
            byte[] seed, RepositoryKeys keys, RepositoryKey key, Settings settings, SecureRandom random) {
        if ((keys.domain() == DedupDomain.PUBLIC) != (key.kind() == RepositoryKey.Kind.PUBLIC)) {
            throw new IllegalArgumentException("a PUBLIC repository has the public key, and no other has it");
        }
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        byte[] sealed = keys.sealMeta(
                StreamSeal.newSalt(random), context("hypermesh/repository-settings/v1", id, 0), settings.encode());
        return new RepositoryConfig(id, keys.domain(), sealed, List.of()).with(seed, key, random);
    }

    private static byte[] context(String purpose, byte[] id, int kind) {
        return new CborWriter().array(3).text(purpose).bytes(id).uint(kind).toBytes();
    }

    private byte[] seedContext(int kind) {
        return new CborWriter()
                .array(4)
                .text("hypermesh/repository-seed/v1")
                .bytes(id)
                .uint(kind)
                .uint(number(domain))
                .toBytes();
    }

    private static int number(DedupDomain domain) {
        return switch (domain) {
            case PRIVATE -> 0;
            case GROUP -> 1;
            case PUBLIC -> 2;
        };
    }

    private static DedupDomain domain(int number) {
        return switch (number) {
            case 0 -> DedupDomain.PRIVATE;
            case 1 -> DedupDomain.GROUP;
            case 2 -> DedupDomain.PUBLIC;
            default -> throw new IllegalArgumentException("unknown domain " + number);
        };
    }

    /** The configuration with another key. */
    RepositoryConfig with(byte[] seed, RepositoryKey key, SecureRandom random) {
        if (key.kind() == RepositoryKey.Kind.PUBLIC && (domain != DedupDomain.PUBLIC || !slots.isEmpty())) {
            throw new IllegalArgumentException("the public key opens PUBLIC repositories only, and those already");
        }
        if (slots.size() == MAX_SLOTS) {
            throw Failures.limit("a repository has at most " + MAX_SLOTS + " keys");
        }
        int kind = key.kind().number();
        int log2N = 0;
        byte[] salt = {};
        if (key.kind() == RepositoryKey.Kind.PASSPHRASE) {
            log2N = LOG2_N;
            salt = new byte[SALT_BYTES];
            random.nextBytes(salt);
        }
        byte[] wrapping = wrapping(key, log2N, salt);
        byte[] sealed = StreamSeal.seal(wrapping, StreamSeal.newSalt(random), Codec.NONE, seedContext(kind), seed);
        Arrays.fill(wrapping, (byte) 0);
        List<Slot> more = new ArrayList<>(slots);
        more.add(new Slot(kind, log2N, salt, sealed));
        return new RepositoryConfig(id, domain, settings, List.copyOf(more));
    }

    private byte[] wrapping(RepositoryKey key, int log2N, byte[] salt) {
        byte[] secret = key.secret();
        byte[] strong = secret;
        if (key.kind() == RepositoryKey.Kind.PASSPHRASE) {
            strong = Scrypt.derive(secret, salt, 1 << log2N, R, StreamSeal.KEY_BYTES);
        }
        try {
            return Hashing.hkdf(strong, id, SLOT_TAG, StreamSeal.KEY_BYTES);
        } finally {
            Arrays.fill(secret, (byte) 0);
            Arrays.fill(strong, (byte) 0);
        }
    }

    /**
     * Unwraps the seed.
     *
     * @return the seed, which the caller wipes
     * @throws HypermeshException DENIED when no slot opens with this key
     */
    byte[] open(RepositoryKey key) {
        for (Slot slot : slots) {
            if (slot.kind() != key.kind().number()) {
                continue;
            }
            byte[] wrapping = wrapping(key, slot.log2N(), slot.salt());
            try {
                byte[] seed = StreamSeal.open(wrapping, seedContext(slot.kind()), slot.sealed(), MAX_SEALED_BYTES);
                if (seed.length != RepositoryKeys.SEED_BYTES) {
                    throw Failures.corrupted("the seed has " + seed.length + " bytes");
                }
                return seed;
            } catch (HypermeshException e) {
                if (e.code() != Code.DENIED) {
                    throw e;
                }
            } finally {
                Arrays.fill(wrapping, (byte) 0);
            }
        }
        throw new HypermeshException(
                Code.DENIED,
                Retry.NEVER,
                "this key does not open the repository; it has " + slots.size()
                        + " keys. Use the key it was created with, or its recovery key");
    }

    Settings settings(RepositoryKeys keys) {
        try {
            return Settings.decode(
                    keys.openMeta(context("hypermesh/repository-settings/v1", id, 0), settings, MAX_SEALED_BYTES));
        } catch (CborException | IllegalArgumentException e) {
            throw Failures.corrupted("the settings of the repository are of another version or damaged", e);
        }
    }

    byte[] encode() {
        byte[] body = new CborWriter(512)
                .array(5)
                .uint(VERSION)
                .bytes(id)
                .uint(number(domain))
                .bytes(settings)
                .list(
                        slots,
                        (w, s) -> w.array(4)
                                .uint(s.kind())
                                .uint(s.log2N())
                                .bytes(s.salt())
                                .bytes(s.sealed()))
                .toBytes();
        byte[] all = Arrays.copyOf(MAGIC, MAGIC.length + body.length);
        System.arraycopy(body, 0, all, MAGIC.length, body.length);
        return all;
    }

    /**
     * Reads the canonical form.
     *
     * @throws HypermeshException CORRUPTED when the bytes are none
     */
    static RepositoryConfig decode(byte[] bytes) {
        if (bytes.length < MAGIC.length || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw Failures.corrupted("the configuration does not begin as that of a repository of format 1");
        }
        try {
            CborReader r = new CborReader(bytes, MAGIC.length, bytes.length - MAGIC.length)
                    .expectArray(5)
                    .expect(VERSION, "repository version");
            byte[] id = r.fixedBytes(ID_BYTES);
            DedupDomain domain = domain(r.uint(255));
            byte[] settings = r.bytes(MAX_SEALED_BYTES);
            List<Slot> slots = r.list(MAX_SLOTS, s -> slot(s.expectArray(4)));
            r.end();
            return new RepositoryConfig(id, domain, settings, slots);
        } catch (CborException | IllegalArgumentException e) {
            throw Failures.corrupted("the configuration of the repository is damaged", e);
        }
    }

    private static Slot slot(CborReader r) {
        int kind = r.uint(RepositoryKey.Kind.PUBLIC.number());
        int log2N = r.uint(MAX_LOG2_N);
        Slot slot = new Slot(kind, log2N, r.bytes(SALT_BYTES), r.bytes(MAX_SEALED_BYTES));
        boolean scrypt = kind == RepositoryKey.Kind.PASSPHRASE.number();
        if (scrypt != log2N >= MIN_LOG2_N || slot.salt().length != (scrypt ? SALT_BYTES : NO_SALT.length)) {
            throw new IllegalArgumentException("a slot of kind " + kind + " has scrypt cost 2^" + log2N + " and "
                    + slot.salt().length + " bytes of salt");
        }
        return slot;
    }
}
