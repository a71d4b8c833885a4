package online.hypermesh.impl.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import online.hypermesh.impl.chunk.ChunkerParameters;
import online.hypermesh.impl.chunk.FastCdcChunker;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.Envelope;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

/** Checks every vector of {@code docs/spec/vectors/content.txt} but the assets'. */
class ContentVectorTests {
    private static final HexFormat HEX = HexFormat.of();
    private final Vectors vectors;
    private final byte[] seed = filled(0x11);
    private final byte[] salt = filled(0x22);
    private final byte[] dataKey = filled(0x33);
    private final NetworkId network = new NetworkId(Digest.of(filled(0x44)));
    private final SigningKey author = SigningKey.fromSeed(filled(0x55));

    ContentVectorTests() throws IOException {
        vectors = new Vectors();
    }

    @Test
    void sealedBytes() {
        byte[] context = "context".getBytes(StandardCharsets.US_ASCII);
        byte[] plain = "the quick brown fox".getBytes(StandardCharsets.US_ASCII);
        check("seal.none", StreamSeal.seal(dataKey, salt, Codec.NONE, context, plain));
        check(
                "seal.none.70000.sha256",
                sha(StreamSeal.seal(dataKey, salt, Codec.NONE, context, Vectors.counted(70_000))));
        assertThat(StreamSeal.open(dataKey, context, vectors.bytes("seal.brotli"), 1000))
                .isEqualTo(new byte[1000]);
    }

    @Test
    void keys() {
        ContentKeys keys = ContentKeys.fromSeed(seed);
        check("keys.domain", keys.domain().toBytes());
        check("keys.pack", keys.packKey(salt));
        check("keys.recipient.sha256", sha(keys.recipient().publicKey().toBytes()));
        check("keys.recipient.hint", keys.recipient().publicKey().hint());
        check("chunk.id", keys.chunkIdentity().of(Vectors.counted(100), 0, 100).toBytes());
    }

    @Test
    void cuts() throws IOException {
        FastCdcChunker chunker =
                new FastCdcChunker(new ByteArrayInputStream(Vectors.counted(150_000)), ChunkerParameters.SMALL);
        List<Integer> lengths = new ArrayList<>();
        while (chunker.next()) {
            lengths.add(chunker.length());
        }
        assertThat(lengths).hasToString(vectors.text("chunk.lengths"));
    }

    @Test
    void packList() {
        PackList list = new PackList(77, List.of(Digest.of(filled(1)), Digest.of(filled(2))));
        check("packlist.whole", list.encode());
        assertThat(PackList.read(Digest.ZERO, id -> vectors.bytes("packlist.whole")))
                .isEqualTo(list);
    }

    @Test
    void manifestSegment() {
        CborWriter chunk = new CborWriter();
        ManifestSegment.encodeChunk(chunk, 0, 10, 20, Digest.of(filled(3)));
        byte[] segment = ManifestSegment.encode(
                0,
                Digest.of(filled(4)),
                List.of(new ManifestSegment.KeyedPack(Digest.of(filled(1)), filled(2))),
                1,
                chunk.toBytes(),
                new ManifestSegment.Summary(20, 1, Digest.of(filled(5)), 1, ChunkerParameters.SMALL));
        check("manifest.segment", segment);
        check("manifest.context", ManifestSegment.context(0));
        ManifestSegment decoded = ManifestSegment.decode(segment, 0);
        assertThat(decoded.packs()).hasSize(1);
        assertThat(decoded.chunks())
                .containsExactly(new ManifestSegment.ChunkReference(0, 10, 20, Digest.of(filled(3))));
    }

    @Test
    void envelope() {
        RecipientKey recipient = RecipientKey.fromSeed(seed);
        Envelope envelope = Envelope.seal(
                network,
                Digest.of(filled(0x66)),
                author,
                List.of(recipient.publicKey()),
                SecretBytes.copyOf(dataKey),
                Vectors.fixed());
        check("envelope", envelope.encode());
        Envelope published = Envelope.decode(vectors.bytes("envelope"));
        assertThat(published.verify().accepted()).isTrue();
        assertThat(published.open(recipient).toBytes()).isEqualTo(dataKey);
    }

    @Test
    void receipt() {
        CborWriter w = new CborWriter();
        StorageReceipt receipt = StorageReceipt.sign(network, author, Digest.of(filled(0x66)), 2, 77);
        receipt.writeTo(w);
        check("receipt", w.toBytes());
        assertThat(StorageReceipt.readFrom(new CborReader(vectors.bytes("receipt"))))
                .isEqualTo(receipt);
    }

    private void check(String name, byte[] actual) {
        assertThat(HEX.formatHex(actual)).as(name).isEqualTo(vectors.text(name));
    }

    private static byte[] sha(byte[] bytes) {
        return Digest.sha256(bytes).toBytes();
    }

    private static byte[] filled(int value) {
        byte[] b = new byte[32];
        Arrays.fill(b, (byte) value);
        return b;
    }
}
