package online.hypermesh.impl.content;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.chunk.ChunkerParameters;
import online.hypermesh.impl.chunk.FastCdcChunker;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Storing of one content: the open pack, the open manifest segment, and what was listed so far. Confined to one thread. */
final class WriteSession implements AutoCloseable {
    static final byte[] PACK_CONTEXT = "hypermesh/pack/v1".getBytes(StandardCharsets.US_ASCII);
    private static final int SEGMENT_CHUNKS = 25_000;

    private final ContentKeys keys;
    private final ContentKeys.ChunkIdentity identity;
    private final ChunkIndex index;
    private final PackSink sink;
    private final ChunkerParameters parameters;
    private final SecureRandom random;
    private final SecretBytes manifestKey;
    private final int maxPacks;

    private final byte[] pack = new byte[ContentWriter.PACK_PLAIN_BYTES];
    private final Map<Digest, ChunkIndex.Extent> packChunks = new LinkedHashMap<>();
    private int packLength;
    private byte[] packSalt;

    private final Map<Digest, Integer> segmentNumbers = new HashMap<>();
    private final List<ManifestSegment.@Nullable KeyedPack> segmentPacks = new ArrayList<>();
    private CborWriter segmentChunks = new CborWriter(1 << 16);
    private int segmentChunkCount;
    private int openPackNumber = -1;

    private final LinkedHashMap<Digest, Integer> listed = new LinkedHashMap<>();
    private final List<Digest> manifestIds = new ArrayList<>();
    private long storedBytes;
    private long newBytes;
    private long plainBytes;
    private long chunks;
    private long uniqueBytes;

    record Result(
            Digest packListId,
            int packCount,
            int manifestPacks,
            long storedBytes,
            long newBytes,
            long plainBytes,
            long chunks,
            long uniqueBytes,
            Digest sha256) {}

    /** A session that lists at most {@code maxPacks} packs. */
    WriteSession(
            ContentKeys keys,
            ChunkIndex index,
            PackSink sink,
            ChunkerParameters parameters,
            SecureRandom random,
            int maxPacks) {
        this.maxPacks = maxPacks;
        this.keys = keys;
        this.identity = keys.chunkIdentity();
        this.index = index;
        this.sink = sink;
        this.parameters = parameters;
        this.random = random;
        this.packSalt = StreamSeal.newSalt(random);
        byte[] key = new byte[StreamSeal.KEY_BYTES];
        random.nextBytes(key);
        this.manifestKey = SecretBytes.copyOf(key);
        Arrays.fill(key, (byte) 0);
    }

    /** A copy of the key that opens the manifest. */
    SecretBytes manifestKey() {
        return SecretBytes.copyOf(manifestKey.toBytes());
    }

    Result run(InputStream content) throws IOException {
        MessageDigest sha = Hashing.sha256();
        FastCdcChunker chunker = new FastCdcChunker(content, parameters);
        while (chunker.next()) {
            sha.update(chunker.buffer(), chunker.offset(), chunker.length());
            addChunk(chunker.buffer(), chunker.offset(), chunker.length());
        }
        Digest sha256 = Digest.of(sha.digest());
        endSegment(new ManifestSegment.Summary(plainBytes, chunks, sha256, FastCdcChunker.ID, parameters));
        List<Digest> all = new ArrayList<>(listed.keySet());
        all.addAll(manifestIds);
        byte[] list = new PackList(storedBytes, all).encode();
        newBytes += list.length;
        Digest listId = sink.put(list);
        return new Result(
                listId, all.size(), manifestIds.size(), storedBytes, newBytes, plainBytes, chunks, uniqueBytes, sha256);
    }

    private void addChunk(byte[] source, int offset, int length) {
        Digest id = identity.of(source, offset, length);
        plainBytes += length;
        chunks++;
        ChunkIndex.Extent here = packChunks.get(id);
        if (here != null) {
            refer(openPack(), here.offset(), length, id);
            return;
        }
        Optional<ChunkLocation> known = index.find(id);
        if (known.isPresent() && known.get().length() == length) {
            refer(oldPack(known.get().pack()), known.get().offset(), length, id);
            return;
        }
        if (packLength + length > pack.length) {
            sealPack();
        }
        System.arraycopy(source, offset, pack, packLength, length);
        packChunks.put(id, new ChunkIndex.Extent(packLength, length));
        int at = packLength;
        packLength += length;
        uniqueBytes += length;
        refer(openPack(), at, length, id);
    }

    private void refer(int packNumber, int offset, int length, Digest id) {
        ManifestSegment.encodeChunk(segmentChunks, packNumber, offset, length, id);
        if (++segmentChunkCount == SEGMENT_CHUNKS) {
            endSegment(null);
            requireRoom();
        }
    }

    private int openPack() {
        if (openPackNumber < 0) {
            openPackNumber = segmentPacks.size();
            segmentPacks.add(null);
        }
        return openPackNumber;
    }

    private int oldPack(StoredPack old) {
        Integer number = segmentNumbers.get(old.id());
        if (number != null) {
            return number;
        }
        list(old.id(), old.storedBytes());
        return number(old.id(), old.salt());
    }

    private int number(Digest id, byte[] salt) {
        int number = segmentPacks.size();
        segmentPacks.add(new ManifestSegment.KeyedPack(id, keys.packKey(salt)));
        segmentNumbers.put(id, number);
        return number;
    }

    private void sealPack() {
        if (packLength == 0) {
            return;
        }
        byte[] key = keys.packKey(packSalt);
        byte[] sealed = StreamSeal.seal(key, packSalt, Codec.BROTLI, PACK_CONTEXT, pack, 0, packLength);
        Digest id = sink.put(sealed);
        newBytes += sealed.length;
        list(id, sealed.length);
        index.add(new StoredPack(id, packSalt, sealed.length), packChunks);
        if (openPackNumber >= 0) {
            segmentPacks.set(openPackNumber, new ManifestSegment.KeyedPack(id, key));
            segmentNumbers.put(id, openPackNumber);
            openPackNumber = -1;
        }
        packChunks.clear();
        packLength = 0;
        packSalt = StreamSeal.newSalt(random);
    }

    private void endSegment(ManifestSegment.@Nullable Summary summary) {
        sealPack();
        List<ManifestSegment.KeyedPack> packs = new ArrayList<>(segmentPacks.size());
        for (ManifestSegment.KeyedPack p : segmentPacks) {
            if (p == null) {
                throw new IllegalStateException("a manifest segment refers to a pack that was not sealed");
            }
            packs.add(p);
        }
        int number = manifestIds.size();
        byte[] plain = ManifestSegment.encode(
                number, keys.domain(), packs, segmentChunkCount, segmentChunks.toBytes(), summary);
        byte[] key = manifestKey.toBytes();
        byte[] sealed =
                StreamSeal.seal(key, StreamSeal.newSalt(random), Codec.BROTLI, ManifestSegment.context(number), plain);
        Arrays.fill(key, (byte) 0);
        manifestIds.add(sink.put(sealed));
        newBytes += sealed.length;
        storedBytes += sealed.length;
        segmentPacks.clear();
        segmentNumbers.clear();
        segmentChunks = new CborWriter(1 << 16);
        segmentChunkCount = 0;
        sink.flush();
        index.commit();
    }

    private void list(Digest id, int length) {
        if (listed.putIfAbsent(id, length) == null) {
            storedBytes += length;
            requireRoom();
        }
    }

    /** One place stays for the manifest segment that is open. */
    private void requireRoom() {
        if (listed.size() + manifestIds.size() >= maxPacks) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "The content needs more than " + maxPacks + " packs, the most that one pack list names; "
                            + plainBytes + " bytes were read. Store it in several parts");
        }
    }

    @Override
    public void close() {
        manifestKey.close();
        Arrays.fill(pack, (byte) 0);
    }
}
