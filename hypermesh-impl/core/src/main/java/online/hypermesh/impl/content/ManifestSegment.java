package online.hypermesh.impl.content;

import java.util.Arrays;
import java.util.List;
import online.hypermesh.impl.chunk.ChunkerParameters;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * A part of a manifest: the packs it refers to with their keys, then chunk references in the order of the content. Segments
 * stand on their own, so that content of any length is written and read in bounded memory; the last one carries the
 * summary.
 */
record ManifestSegment(
        int index,
        Digest domain,
        List<KeyedPack> packs,
        List<ChunkReference> chunks,
        @Nullable Summary summary) {
    static final int MAX_PLAIN_BYTES = 2 * 1024 * 1024;
    static final int MAX_ITEMS = 1 << 17;
    private static final int VERSION = 1;
    private static final String CONTEXT = "hypermesh/manifest/v1";

    ManifestSegment {
        packs = List.copyOf(packs);
        chunks = List.copyOf(chunks);
    }

    /** A pack and the key that opens it. */
    record KeyedPack(Digest id, byte[] key) {
        @Override
        public boolean equals(Object other) {
            return other instanceof KeyedPack k && id.equals(k.id) && Arrays.equals(key, k.key);
        }

        @Override
        public int hashCode() {
            return id.hashCode();
        }

        @Override
        public String toString() {
            return "KeyedPack[" + id + ", key redacted]";
        }
    }

    /** A range of the plaintext of one of the segment's packs. */
    record ChunkReference(int pack, int offset, int length, Digest id) {}

    /** What the whole content amounts to. */
    record Summary(long bytes, long chunks, Digest sha256, int chunkerId, ChunkerParameters parameters) {}

    /** What a segment is sealed with besides its key: binds it to its place. */
    static byte[] context(int index) {
        return new CborWriter().array(2).text(CONTEXT).uint(index).toBytes();
    }

    /** Encodes from chunk references that were encoded as they came. */
    static byte[] encode(
            int index,
            Digest domain,
            List<KeyedPack> packs,
            int chunkCount,
            byte[] encodedChunks,
            @Nullable Summary summary) {
        CborWriter w = new CborWriter(encodedChunks.length + packs.size() * 70 + 128)
                .array(6)
                .uint(VERSION)
                .uint(index)
                .bytes(domain.toBytes())
                .list(packs, (o, p) -> o.array(2).bytes(p.id().toBytes()).bytes(p.key()))
                .array(chunkCount)
                .encoded(encodedChunks);
        if (summary == null) {
            return w.nil().toBytes();
        }
        return w.array(7)
                .uint(summary.bytes())
                .uint(summary.chunks())
                .bytes(summary.sha256().toBytes())
                .uint(summary.chunkerId())
                .uint(summary.parameters().minBytes())
                .uint(summary.parameters().avgBytes())
                .uint(summary.parameters().maxBytes())
                .toBytes();
    }

    static void encodeChunk(CborWriter w, int pack, int offset, int length, Digest id) {
        w.array(4).uint(pack).uint(offset).uint(length).bytes(id.toBytes());
    }

    static ManifestSegment decode(byte[] plain, int index) {
        CborReader r = new CborReader(plain)
                .expectArray(6)
                .expect(VERSION, "manifest version")
                .expect(index, "manifest segment");
        Digest domain = Digest.of(r.fixedBytes(Digest.LENGTH));
        List<KeyedPack> packs = r.list(MAX_ITEMS, i -> {
            i.expectArray(2);
            return new KeyedPack(Digest.of(i.fixedBytes(Digest.LENGTH)), i.fixedBytes(32));
        });
        List<ChunkReference> chunks = r.list(MAX_ITEMS, i -> {
            i.expectArray(4);
            return new ChunkReference(
                    i.uint(Math.max(0, packs.size() - 1)),
                    i.uint(ContentWriter.MAX_PACK_PLAIN_BYTES),
                    i.uint(ContentWriter.MAX_PACK_PLAIN_BYTES),
                    Digest.of(i.fixedBytes(Digest.LENGTH)));
        });
        if (packs.isEmpty() && !chunks.isEmpty()) {
            throw new CborException("a segment without packs refers to " + chunks.size() + " chunks");
        }
        Summary summary = r.nil() ? null : summary(r);
        r.end();
        return new ManifestSegment(index, domain, packs, chunks, summary);
    }

    private static Summary summary(CborReader r) {
        r.expectArray(7);
        return new Summary(
                r.uint(),
                r.uint(),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(65_535),
                new ChunkerParameters(r.uint(Integer.MAX_VALUE), r.uint(Integer.MAX_VALUE), r.uint(Integer.MAX_VALUE)));
    }
}
