package online.hypermesh.impl.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.chunk.ChunkerParameters;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.Envelope;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private final SecureRandom random = new SecureRandom();
    private final SigningKey author = SigningKey.generate(random);
    private final ContentKeys keys =
            ContentKeys.fromSeed(Digest.sha256(new byte[] {2}).toBytes());
    private final HeapPackStorage storage = new HeapPackStorage();
    private final ChunkIndex index = ChunkIndex.inMemory();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2048, 70_000, 1_048_576, 5_000_000})
    void whatWasWrittenIsReadBack(int length) throws IOException {
        byte[] content = content(length);
        StoredContent stored = write(content);
        assertThat(stored.plainBytes()).isEqualTo(length);
        assertThat(stored.sha256()).isEqualTo(Digest.sha256(content));
        assertThat(read(keys, stored)).isEqualTo(content);
        assertThat(stored.newBytes()).isEqualTo(storage.bytes());
        assertThat(storage.syncs).isPositive();
    }

    @Test
    void nothingStoredShowsThePlaintext() throws IOException {
        byte[] content =
                "attack at dawn, attack at dawn, attack at dawn".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        write(content);
        for (byte[] pack : storage.packs.values()) {
            assertThat(new String(pack, java.nio.charset.StandardCharsets.ISO_8859_1))
                    .doesNotContain("attack");
        }
    }

    @Test
    void storingTheSameAgainStoresOnlyAManifest() throws IOException {
        byte[] content = content(3_000_000);
        StoredContent first = write(content);
        StoredContent second = write(content);
        assertThat(first.uniqueBytes()).isEqualTo(content.length);
        assertThat(second.uniqueBytes()).isZero();
        assertThat(second.newBytes()).isLessThan(first.newBytes() / 50);
        assertThat(second.reference().packCount()).isEqualTo(first.reference().packCount());
        assertThat(read(keys, second)).isEqualTo(content);
    }

    @Test
    void aShiftedCopySharesNearlyEverything() throws IOException {
        byte[] content = content(3_000_000);
        write(content);
        byte[] shifted = new byte[content.length + 1];
        System.arraycopy(content, 0, shifted, 1, content.length);
        StoredContent second = write(shifted);
        assertThat(second.uniqueBytes()).isLessThan(200_000);
        assertThat(read(keys, second)).isEqualTo(shifted);
    }

    @Test
    void manySegmentsOfManifestAreReadInOrder() throws IOException {
        ChunkerParameters tiny = new ChunkerParameters(64, 1024, 2048);
        byte[] content = content(40_000_000);
        ContentWriter writer = new ContentWriter(NETWORK, author, keys, index, PackSink.into(storage), tiny, random);
        StoredContent stored = writer.write(new ByteArrayInputStream(content));
        assertThat(stored.reference().manifestPacks()).isGreaterThan(1);
        assertThat(read(keys, stored)).isEqualTo(content);
    }

    /** Short here; the whole node takes more than 2 GiB in its bad-input tests. */
    @Test
    void zerosOfAnyLengthFitInBoundedMemory() throws IOException {
        long length = Long.getLong("content.mebibytes", 256) * (1 << 20) + 1;
        StoredContent stored = writer().write(new Zeros(length));
        assertThat(stored.plainBytes()).isEqualTo(length);
        assertThat(stored.chunks()).isEqualTo((length + 65_535) / 65_536);
        assertThat(stored.uniqueBytes()).isLessThan(200_000);
        assertThat(storage.bytes()).isLessThan(3_000_000);
        ContentReader.Content back = new ContentReader(NETWORK, keys, storage::get)
                .read(stored.reference(), OutputStream.nullOutputStream());
        assertThat(back.bytes()).isEqualTo(length);
        assertThat(back.sha256()).isEqualTo(stored.sha256());
    }

    @Test
    void contentLongerThanTheReaderAllowsIsRefusedBeforeAByteIsWritten() throws IOException {
        StoredContent stored = writer().write(new Zeros(50_000_000));
        assertThat(stored.storedBytes()).isLessThan(200_000);
        ContentReader reader = new ContentReader(NETWORK, keys, storage::get);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        refused(Code.LIMIT_EXCEEDED, "50000000", () -> reader.read(stored.reference(), out, 49_999_999));
        assertThat(out.size()).isZero();
        assertThat(reader.read(stored.reference(), out, 50_000_000).bytes()).isEqualTo(50_000_000);
    }

    @Test
    void moreThanTheManifestAnnouncesIsNotWritten() throws IOException {
        byte[] packKey = new byte[32];
        Digest pack = storage.put(StreamSeal.seal(
                packKey, StreamSeal.newSalt(random), Codec.BROTLI, WriteSession.PACK_CONTEXT, new byte[1000], 0, 1000));
        online.hypermesh.stoq.base.cbor.CborWriter chunks = new online.hypermesh.stoq.base.cbor.CborWriter(1024);
        for (int i = 0; i < 10; i++) {
            ManifestSegment.encodeChunk(chunks, 0, 0, 1000, Digest.ZERO);
        }
        byte[] plain = ManifestSegment.encode(
                0,
                Digest.ZERO,
                List.of(new ManifestSegment.KeyedPack(pack, packKey)),
                10,
                chunks.toBytes(),
                new ManifestSegment.Summary(3000, 10, Digest.ZERO, 1, ChunkerParameters.SMALL));
        byte[] manifestKey = new byte[32];
        byte[] manifest = StreamSeal.seal(
                manifestKey, StreamSeal.newSalt(random), Codec.BROTLI, ManifestSegment.context(0), plain);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        refused(
                Code.CORRUPTED,
                "announces",
                () -> new ContentReader(NETWORK, keys, storage::get).read(forged(manifestKey, manifest), out));
        assertThat(out.size()).isEqualTo(3000);
    }

    @Test
    void anotherOwnersKeysAreDenied() throws IOException {
        StoredContent stored = write(content(100_000));
        ContentKeys other = ContentKeys.fromSeed(new byte[32]);
        refused(Code.DENIED, "recipients", () -> read(other, stored));
    }

    @Test
    void afurtherRecipientReadsToo() throws IOException {
        byte[] content = content(300_000);
        ContentKeys other = ContentKeys.fromSeed(new byte[32]);
        StoredContent stored = writer().write(
                        new ByteArrayInputStream(content),
                        List.of(other.recipient().publicKey()));
        assertThat(read(other, stored)).isEqualTo(content);
    }

    @Test
    void aMissingPackIsNamed() throws IOException {
        StoredContent stored = write(content(3_000_000));
        for (Digest id : List.copyOf(storage.packs.keySet())) {
            byte[] pack = storage.packs.remove(id);
            refused(Code.NOT_FOUND, id.toHex(), () -> read(keys, stored));
            storage.packs.put(id, pack);
        }
    }

    @Test
    void aDamagedPackIsNamed() throws IOException {
        StoredContent stored = write(content(3_000_000));
        for (Digest id : List.copyOf(storage.packs.keySet())) {
            byte[] pack = storage.packs.get(id);
            byte[] damaged = pack.clone();
            damaged[damaged.length / 2] ^= 1;
            storage.packs.put(id, damaged);
            refused(Code.CORRUPTED, id.toHex(), () -> read(keys, stored));
            storage.packs.put(id, Arrays.copyOf(pack, pack.length - 1));
            refused(Code.CORRUPTED, id.toHex(), () -> read(keys, stored));
            storage.packs.put(id, pack);
        }
    }

    @Test
    void anEnvelopeOfAnotherAuthorNetworkOrContentIsRefused() throws IOException {
        StoredContent stored = write(content(10_000));
        ContentReference r = stored.reference();
        Envelope own = Envelope.decode(r.envelope());
        refused(
                Code.INVALID_SIGNATURE,
                "another author",
                () -> readReference(new ContentReference(
                        NodeId.of(SigningKey.generate(random).verifyKey()),
                        r.packListId(),
                        r.packCount(),
                        r.manifestPacks(),
                        r.envelope())));
        Envelope unsigned = new Envelope(NETWORK, own.subject(), own.author(), 7, own.stanzas(), own.signature());
        refused(
                Code.INVALID_SIGNATURE,
                "does not hold",
                () -> readReference(new ContentReference(
                        r.owner(), r.packListId(), r.packCount(), r.manifestPacks(), unsigned.encode())));
        Envelope abroad = Envelope.seal(
                new NetworkId(Digest.ZERO),
                own.subject(),
                author,
                List.of(keys.recipient().publicKey()),
                SecretBytes.copyOf(new byte[32]),
                random);
        refused(
                Code.WRONG_NETWORK,
                "network",
                () -> readReference(new ContentReference(
                        r.owner(), r.packListId(), r.packCount(), r.manifestPacks(), abroad.encode())));
        refused(
                Code.MALFORMED,
                "envelope",
                () -> readReference(new ContentReference(
                        r.owner(), r.packListId(), r.packCount(), r.manifestPacks(), new byte[] {1})));
    }

    @Test
    void aManifestPackThatUnpacksToTooMuchIsRefused() {
        byte[] manifestKey = new byte[32];
        byte[] bomb = StreamSeal.seal(
                manifestKey, StreamSeal.newSalt(random), Codec.BROTLI, ManifestSegment.context(0), new byte[4 << 20]);
        refused(Code.LIMIT_EXCEEDED, "Manifest pack", () -> readReference(forged(manifestKey, bomb)));
    }

    @Test
    void aManifestThatPointsOutsideItsPackIsRefused() {
        byte[] manifestKey = new byte[32];
        byte[] packKey = keys.packKey(new byte[32]);
        byte[] pack = StreamSeal.seal(packKey, new byte[32], Codec.NONE, WriteSession.PACK_CONTEXT, new byte[100]);
        storage.put(pack);
        var w = new online.hypermesh.stoq.base.cbor.CborWriter();
        ManifestSegment.encodeChunk(w, 0, 90, 11, Digest.ZERO);
        byte[] plain = ManifestSegment.encode(
                0,
                Digest.ZERO,
                List.of(new ManifestSegment.KeyedPack(Digest.sha256(pack), packKey)),
                1,
                w.toBytes(),
                new ManifestSegment.Summary(11, 1, Digest.ZERO, 1, ChunkerParameters.SMALL));
        byte[] manifest =
                StreamSeal.seal(manifestKey, StreamSeal.newSalt(random), Codec.NONE, ManifestSegment.context(0), plain);
        refused(Code.CORRUPTED, "outside pack", () -> readReference(forged(manifestKey, manifest)));
    }

    @Test
    void aChunkThatIsNotTheOneNamedIsRefused() {
        byte[] manifestKey = new byte[32];
        byte[] packKey = keys.packKey(new byte[32]);
        byte[] pack = StreamSeal.seal(packKey, new byte[32], Codec.NONE, WriteSession.PACK_CONTEXT, new byte[100]);
        storage.put(pack);
        var w = new online.hypermesh.stoq.base.cbor.CborWriter();
        ManifestSegment.encodeChunk(w, 0, 0, 100, Digest.ZERO);
        byte[] plain = ManifestSegment.encode(
                0,
                keys.domain(),
                List.of(new ManifestSegment.KeyedPack(Digest.sha256(pack), packKey)),
                1,
                w.toBytes(),
                new ManifestSegment.Summary(100, 1, Digest.sha256(new byte[100]), 1, ChunkerParameters.SMALL));
        byte[] manifest =
                StreamSeal.seal(manifestKey, StreamSeal.newSalt(random), Codec.NONE, ManifestSegment.context(0), plain);
        refused(Code.CORRUPTED, "Chunk 0 in pack", () -> readReference(forged(manifestKey, manifest)));
    }

    @Test
    void aManifestWithAnotherSumIsRefused() {
        byte[] manifestKey = new byte[32];
        byte[] plain = ManifestSegment.encode(
                0,
                Digest.ZERO,
                List.of(),
                0,
                new byte[0],
                new ManifestSegment.Summary(0, 0, Digest.ZERO, 1, ChunkerParameters.SMALL));
        byte[] manifest =
                StreamSeal.seal(manifestKey, StreamSeal.newSalt(random), Codec.NONE, ManifestSegment.context(0), plain);
        refused(Code.CORRUPTED, "announces", () -> readReference(forged(manifestKey, manifest)));
    }

    @Test
    void aFailingSinkLeavesNothingInTheIndex() {
        PackSink failing = new PackSink() {
            @Override
            public Digest put(byte[] pack) {
                return Digest.sha256(pack);
            }

            @Override
            public void flush() {
                throw new HypermeshException(
                        Code.STORAGE_FAILED, online.hypermesh.stoq.base.error.Retry.NEVER, "disk full");
            }
        };
        ContentWriter writer = new ContentWriter(NETWORK, author, keys, index, failing, random);
        refused(Code.STORAGE_FAILED, "disk full", () -> writer.write(new ByteArrayInputStream(content(2_000_000))));
        assertThat(index.size()).isZero();
    }

    @Test
    void aForgottenPackIsStoredAgain() throws IOException {
        byte[] content = content(500_000);
        StoredContent first = write(content);
        PackList list = PackList.read(
                first.reference().packListId(), id -> storage.get(id).orElseThrow());
        Digest lost = list.packs().get(0);
        storage.packs.remove(lost);
        index.forget(lost);
        StoredContent second = write(content);
        assertThat(second.uniqueBytes()).isEqualTo(content.length);
        assertThat(read(keys, second)).isEqualTo(content);
    }

    @Test
    void chunkIdsFollowTheDomainSeparationRule() {
        byte[] chunk = content(5000);
        byte[] key = Hashing.hkdf(
                Digest.sha256(new byte[] {2}).toBytes(),
                new byte[0],
                new online.hypermesh.stoq.base.crypto.DomainTag("hypermesh/chunk-id-key/v1"),
                32);
        assertThat(keys.chunkIdentity().of(chunk, 0, chunk.length))
                .isEqualTo(Hashing.hmac(key, ContentKeys.CHUNK_TAG, chunk));
        assertThat(ContentKeys.fromSeed(new byte[32]).chunkIdentity().of(chunk, 0, chunk.length))
                .isNotEqualTo(keys.chunkIdentity().of(chunk, 0, chunk.length));
    }

    @Test
    void keysAreRedactedAndDestroyable() {
        ContentKeys k = ContentKeys.fromSeed(new byte[32]);
        assertThat(k.toString()).startsWith("ContentKeys[RecipientPublicKey[");
        k.close();
        assertThatThrownBy(k::chunkIdentity).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> k.packKey(new byte[32])).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theLongestPackListFitsOnePackAndALongerOneIsRefused() {
        List<Digest> ids = java.util.stream.IntStream.rangeClosed(0, PackList.MAX_PACKS)
                .mapToObj(i ->
                        Digest.sha256(java.nio.ByteBuffer.allocate(4).putInt(i).array()))
                .toList();
        PackList longest = new PackList(123_456, ids.subList(0, PackList.MAX_PACKS));
        byte[] encoded = longest.encode();
        assertThat(encoded).hasSizeLessThan(PackStorage.MAX_PACK_BYTES);
        assertThat(PackList.read(Digest.sha256(encoded), d -> encoded)).isEqualTo(longest);

        assertThatThrownBy(() -> new PackList(1, ids)).isInstanceOf(IllegalArgumentException.class);
        byte[] longer = new online.hypermesh.stoq.base.cbor.CborWriter(32 + ids.size() * 34)
                .array(5)
                .uint(1)
                .uint(0)
                .uint(ids.size())
                .uint(123_456)
                .list(ids, (o, d) -> o.bytes(d.toBytes()))
                .toBytes();
        refused(Code.MALFORMED, "not a pack list", () -> PackList.read(Digest.sha256(longer), d -> longer));
    }

    @Test
    void aPackListNamesEveryPackOnce() {
        Digest id = Digest.sha256(new byte[] {7});
        assertThatThrownBy(() -> new PackList(1, List.of(id, Digest.ZERO, id))).hasMessageContaining("twice");
    }

    @Test
    void contentOfTooManyPacksIsRefusedWhileItIsWritten() throws IOException {
        byte[] content = content(3_000_000);
        int needed = write(content).reference().packCount();
        for (int allowed = 1; allowed < needed; allowed++) {
            try (WriteSession session = session(allowed)) {
                refused(
                        Code.LIMIT_EXCEEDED,
                        "more than " + allowed + " packs",
                        () -> session.run(new ByteArrayInputStream(content)));
            }
        }
        try (WriteSession session = session(needed)) {
            assertThat(session.run(new ByteArrayInputStream(content)).packCount())
                    .isEqualTo(needed);
        }
    }

    private WriteSession session(int maxPacks) {
        return new WriteSession(
                keys, ChunkIndex.inMemory(), PackSink.into(storage), ChunkerParameters.SMALL, random, maxPacks);
    }

    private ContentReference forged(byte[] manifestKey, byte[] manifest) {
        Digest id = storage.put(manifest);
        byte[] list = new PackList(manifest.length, List.of(id)).encode();
        Digest listId = storage.put(list);
        Envelope envelope = Envelope.seal(
                NETWORK,
                listId,
                author,
                List.of(keys.recipient().publicKey()),
                SecretBytes.copyOf(manifestKey),
                random);
        return new ContentReference(NodeId.of(author.verifyKey()), listId, 1, 1, envelope.encode());
    }

    private ContentWriter writer() {
        return new ContentWriter(NETWORK, author, keys, index, PackSink.into(storage), random);
    }

    private StoredContent write(byte[] content) throws IOException {
        return writer().write(new ByteArrayInputStream(content));
    }

    private byte[] read(ContentKeys reader, StoredContent stored) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ContentReader(NETWORK, reader, storage::get).read(stored.reference(), out);
        return out.toByteArray();
    }

    private void readReference(ContentReference reference) throws IOException {
        new ContentReader(NETWORK, keys, storage::get).read(reference, OutputStream.nullOutputStream());
    }

    private static void refused(Code code, String says, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HypermeshException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e).hasMessageContaining(says);
        });
    }

    private static byte[] content(int length) {
        byte[] b = new byte[length];
        new Random(length).nextBytes(b);
        return b;
    }

    private static final class Zeros extends InputStream {
        private long left;

        Zeros(long length) {
            this.left = length;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] to, int offset, int length) {
            if (left <= 0) {
                return -1;
            }
            int n = (int) Math.min(left, length);
            Arrays.fill(to, offset, offset + n, (byte) 0);
            left -= n;
            return n;
        }
    }
}
