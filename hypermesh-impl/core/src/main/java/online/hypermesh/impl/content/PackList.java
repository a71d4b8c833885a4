package online.hypermesh.impl.content;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The ids of all packs that content needs, in order, the manifest's last. Public: it lets nodes hold content they cannot
 * read. Stored as a pack itself. Immutable.
 *
 * @param storedBytes sum of the lengths of the listed packs
 * @param packs 1..{@link #MAX_PACKS} distinct ids
 */
public record PackList(long storedBytes, List<Digest> packs) {
    /** Most packs in one list: about 64 GiB. A node holds several lists of clients in memory at a time. */
    public static final int MAX_PACKS = 1 << 16;

    private static final int VERSION = 1;
    private static final int WHOLE = 0;

    /**
     * Checks the count and that ids are distinct.
     *
     * @param storedBytes at least 1
     * @param packs distinct ids
     */
    public PackList {
        packs = List.copyOf(packs);
        if (packs.isEmpty() || packs.size() > MAX_PACKS) {
            throw new IllegalArgumentException("a pack list has 1.." + MAX_PACKS + " packs, got " + packs.size());
        }
        if (storedBytes < 1) {
            throw new IllegalArgumentException("storedBytes must be >= 1, was " + storedBytes);
        }
        if (repeats(packs)) {
            throw new IllegalArgumentException("a pack occurs twice in the pack list");
        }
    }

    /** Sorts rather than hashes: of a long list this takes a tenth of the memory. */
    private static boolean repeats(List<Digest> packs) {
        Digest[] sorted = packs.toArray(Digest[]::new);
        Arrays.sort(sorted);
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i].equals(sorted[i - 1])) {
                return true;
            }
        }
        return false;
    }

    /**
     * The pack that holds this list.
     *
     * @return its bytes; their SHA-256 names the list
     */
    public byte[] encode() {
        return new CborWriter(32 + packs.size() * 34)
                .array(5)
                .uint(VERSION)
                .uint(WHOLE)
                .uint(packs.size())
                .uint(storedBytes)
                .list(packs, (o, d) -> o.bytes(d.toBytes()))
                .toBytes();
    }

    /**
     * Reads a list from its pack.
     *
     * @param id its id
     * @param fetch gives a pack whose id was checked, or throws
     * @return the list
     * @throws HypermeshException MALFORMED when the pack is no pack list, and what {@code fetch} throws
     */
    public static PackList read(Digest id, Function<Digest, byte[]> fetch) {
        try {
            CborReader r = new CborReader(fetch.apply(id))
                    .expectArray(5)
                    .expect(VERSION, "pack list version")
                    .expect(WHOLE, "pack list kind");
            int count = r.uint(MAX_PACKS);
            long storedBytes = r.uint();
            List<Digest> ids = r.list(MAX_PACKS, i -> Digest.of(i.fixedBytes(Digest.LENGTH)));
            r.end();
            if (ids.size() != count) {
                throw new CborException("pack list announces " + count + " packs and holds " + ids.size());
            }
            return new PackList(storedBytes, ids);
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.MALFORMED, Retry.NEVER, "Pack " + id + " is not a pack list: " + e.getMessage(), e);
        }
    }
}
