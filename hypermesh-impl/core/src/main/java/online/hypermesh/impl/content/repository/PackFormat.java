package online.hypermesh.impl.content.repository;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * The packs of a repository: chunks one after the other, then their lengths, three bytes each, and their number in four
 * bytes; sealed under a key of its own. A pack tells what is in it, so the index can be made again from the packs.
 */
final class PackFormat {
    /** Largest plaintext, lengths included: sealed and padded it still fits {@link PackStorage#MAX_PACK_BYTES}. */
    static final int MAX_PLAIN_BYTES = 63 * 65_536 - 9;

    static final int LENGTH_BYTES = 3;
    static final int COUNT_BYTES = 4;

    private static final byte[] CONTEXT = "hypermesh/repository-pack/v1".getBytes(StandardCharsets.US_ASCII);

    private PackFormat() {}

    static byte[] seal(RepositoryKeys keys, byte[] salt, Codec codec, byte[] plain, int length) {
        byte[] key = keys.packKey(salt);
        try {
            return StreamSeal.seal(key, salt, codec, CONTEXT, plain, 0, length);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /**
     * Opens a pack and checks that the lengths add up.
     *
     * @throws online.hypermesh.api.error.HypermeshException CORRUPTED naming the pack
     */
    static byte[] open(RepositoryKeys keys, Digest id, byte[] sealed) {
        byte[] plain;
        byte[] key = keys.packKey(StreamSeal.saltOf(sealed));
        try {
            plain = StreamSeal.open(key, CONTEXT, sealed, MAX_PLAIN_BYTES);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
        int count = count(plain);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            int length = length(plain, count, i);
            if (length == 0) {
                throw Failures.corrupted("pack " + id + " lists an empty chunk");
            }
            sum += length;
        }
        if (count < 0 || sum + (long) count * LENGTH_BYTES + COUNT_BYTES != plain.length) {
            throw Failures.corrupted("the lengths in pack " + id + " do not add up to " + plain.length);
        }
        return plain;
    }

    /** Number of chunks in an opened pack; -1 when that is impossible. */
    static int count(byte[] plain) {
        if (plain.length < COUNT_BYTES) {
            return -1;
        }
        int count = Bytes.getInt(plain, plain.length - COUNT_BYTES);
        return count < 0 || count > (plain.length - COUNT_BYTES) / (LENGTH_BYTES + 1) ? -1 : count;
    }

    /** Length of chunk {@code i} in an opened pack of {@code count}. */
    static int length(byte[] plain, int count, int i) {
        return Bytes.getTriple(plain, plain.length - COUNT_BYTES - (count - i) * LENGTH_BYTES);
    }
}
