package online.hypermesh.impl.block;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.api.block.Disclosure;
import online.hypermesh.api.block.GroupEpoch;
import online.hypermesh.api.block.HeaderExtension;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.impl.content.Vectors;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

/** The published vectors of {@code docs/spec/block.md}. */
class BlockVectorTests {
    private static final byte[] FOX = "the quick brown fox".getBytes(US_ASCII);

    private final NetworkId network = new NetworkId(Digest.of(filled(0x44)));
    private final SigningKey author = SigningKey.fromSeed(filled(0x55));
    private final RecipientKey recipient = RecipientKey.fromSeed(filled(0x11));
    private final BlockSealer sealer = new BlockSealer(network, author, Vectors.fixed());
    private final EnvelopeAuthor envelopes = new EnvelopeAuthor(network, author, Vectors.fixed());
    private final GroupOwner owner = new GroupOwner(network, author, "readers", Vectors.fixed());
    private final BlockOpener opener = new BlockOpener(network, author.verifyKey());
    private final BlockDraft draft = BlockDraft.first(Digest.of(filled(0x66)), 1000, Codec.NONE);

    private static byte[] filled(int value) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private Map<String, byte[]> made() {
        Map<String, byte[]> made = new LinkedHashMap<>();
        FreshBlock fox = sealer.seal(draft, FOX);
        made.put("block.none", fox.block().encode());
        made.put("block.none.id", fox.block().id().toBytes());
        byte[] large = sealer.seal(draft, Vectors.counted(140_000)).block().encode();
        made.put("block.none.140000.sha256", Digest.sha256(large).toBytes());
        BlockDraft second = BlockDraft.after(fox.block().header(), 1001, Codec.NONE)
                .withDisclosure()
                .withExtensions(List.of(
                        new HeaderExtension(1, false, new byte[] {1, 2}), new HeaderExtension(500, true, new byte[0])));
        SealedBlock next = sealer.seal(second, FOX).block();
        made.put("block.disclosable", next.encode());
        made.put("block.disclosable.id", next.id().toBytes());
        GroupKey key = owner.newKey(7);
        made.put("group.id", owner.group().toBytes());
        made.put(
                "group.epoch",
                owner.publish(key, List.of(recipient.publicKey())).encode());
        made.put(
                "envelope",
                envelopes
                        .seal(fox, List.of(recipient.publicKey()), List.of(key))
                        .encode());
        return made;
    }

    @Test
    void blocksEnvelopesAndGroupsAreMadeAsPublished() throws IOException {
        Vectors vectors = Vectors.of("block.txt");
        made().forEach((name, bytes) ->
                assertThat(HexFormat.of().formatHex(bytes)).as(name).isEqualTo(vectors.text(name)));
    }

    @Test
    void publishedBlocksOpen() throws IOException {
        Vectors vectors = Vectors.of("block.txt");
        ArrayBytes fox = new ArrayBytes(vectors.bytes("block.none"));
        BlockEnvelope envelope = BlockEnvelope.decode(vectors.bytes("envelope"));
        BlockEnvelope byGroup = envelopes.remove(envelope, recipient.publicKey());
        try (KeyRing keys = new KeyRing(recipient)) {
            try (OpenedBlock opened = opener.open(fox, envelope, keys)) {
                assertThat(opened.readAll()).isEqualTo(FOX);
            }
            keys.join(GroupEpoch.decode(vectors.bytes("group.epoch")));
            try (OpenedBlock opened = opener.open(fox, byGroup, keys)) {
                assertThat(opened.readAll()).isEqualTo(FOX);
            }
        }
        SecretBytes dataKey = SecretBytes.copyOf(Vectors.counted(32));
        ArrayBytes brotli = new ArrayBytes(vectors.bytes("block.brotli"));
        try (OpenedBlock opened = opener.open(brotli, dataKey)) {
            assertThat(opened.readAll()).isEqualTo(new byte[1000]);
        }
        Disclosure shown = Disclosure.decode(vectors.bytes("disclosure"));
        BlockHead head = BlockHead.read(new ArrayBytes(vectors.bytes("block.disclosable")));
        assertThat(shown.verify(head.header()).accepted()).isTrue();
        assertThat(shown.plain()).isEqualTo(FOX);
    }
}
