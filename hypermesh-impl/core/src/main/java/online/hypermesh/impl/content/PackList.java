package online.hypermesh.impl.content;

import java.util.ArrayList;
import java.util.HashSet;
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
 * read. Stored as packs itself, in parts when it is long. Immutable.
 *
 * @param storedBytes sum of the lengths of the listed packs
 * @param packs 1..{@link #MAX_PACKS} distinct ids
 */
public record PackList(long storedBytes, List<Digest> packs) {
    /** Most packs in one list: about 1 TiB. */
    public static final int MAX_PACKS = 1 << 20;

    private static final int VERSION = 1;
    private static final int WHOLE = 0;
    private static final int PARTED = 1;
    private static final int PART = 2;
    private static final int PART_IDS = 1 << 16;

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
        if (new HashSet<>(packs).size() != packs.size()) {
            throw new IllegalArgumentException("a pack occurs twice in the pack list");
        }
    }

    /**
     * The packs that hold this list.
     *
     * @return the parts, if any, then the root, whose id names the list
     */
    public List<byte[]> encode() {
        if (packs.size() <= PART_IDS) {
            return List.of(root(WHOLE, packs));
        }
        List<byte[]> all = new ArrayList<>();
        List<Digest> parts = new ArrayList<>();
        for (int from = 0; from < packs.size(); from += PART_IDS) {
            List<Digest> ids = packs.subList(from, Math.min(packs.size(), from + PART_IDS));
            byte[] part = new CborWriter(16 + ids.size() * 34)
                    .array(3)
                    .uint(VERSION)
                    .uint(PART)
                    .list(ids, (o, d) -> o.bytes(d.toBytes()))
                    .toBytes();
            all.add(part);
            parts.add(Digest.sha256(part));
        }
        all.add(root(PARTED, parts));
        return List.copyOf(all);
    }

    /**
     * Reads a list from its packs.
     *
     * @param id id of the root
     * @param fetch gives a pack whose id was checked, or throws
     * @return the list
     * @throws HypermeshException MALFORMED when a pack is no part of a pack list, and what {@code fetch} throws
     */
    public static PackList read(Digest id, Function<Digest, byte[]> fetch) {
        try {
            CborReader r = new CborReader(fetch.apply(id)).expectArray(5).expect(VERSION, "pack list version");
            int kind = r.uint(PARTED);
            int count = r.uint(MAX_PACKS);
            long storedBytes = r.uint();
            List<Digest> ids = r.list(PART_IDS, i -> Digest.of(i.fixedBytes(Digest.LENGTH)));
            r.end();
            if (kind == PARTED) {
                ids = parts(ids, count, fetch);
            }
            if (ids.size() != count) {
                throw new CborException("pack list announces " + count + " packs and holds " + ids.size());
            }
            return new PackList(storedBytes, ids);
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.MALFORMED, Retry.NEVER, "Pack " + id + " is not a pack list: " + e.getMessage(), e);
        }
    }

    /**
     * Ids of the packs that hold the list itself.
     *
     * @return parts, if any, then the root
     */
    public List<Digest> holders() {
        return encode().stream().map(Digest::sha256).toList();
    }

    private byte[] root(int kind, List<Digest> ids) {
        return new CborWriter(32 + ids.size() * 34)
                .array(5)
                .uint(VERSION)
                .uint(kind)
                .uint(packs.size())
                .uint(storedBytes)
                .list(ids, (o, d) -> o.bytes(d.toBytes()))
                .toBytes();
    }

    private static List<Digest> parts(List<Digest> partIds, int count, Function<Digest, byte[]> fetch) {
        List<Digest> ids = new ArrayList<>(Math.min(count, PART_IDS));
        for (Digest part : partIds) {
            CborReader r = new CborReader(fetch.apply(part))
                    .expectArray(3)
                    .expect(VERSION, "pack list version")
                    .expect(PART, "pack list kind");
            ids.addAll(r.list(PART_IDS, i -> Digest.of(i.fixedBytes(Digest.LENGTH))));
            r.end();
            if (ids.size() > count) {
                throw new CborException("pack list announces " + count + " packs and holds more");
            }
        }
        return ids;
    }
}
