package online.hypermesh.trustchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.CertificateInstruction;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import online.hypermesh.trustchain.api.certificates.IssuanceRequest;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.api.log.ConsistencyProof;
import online.hypermesh.trustchain.api.log.InclusionProof;
import online.hypermesh.trustchain.api.log.TreeHead;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import online.hypermesh.trustchain.testing.TestNetwork;
import org.junit.jupiter.api.Test;

/** The vector file beside the specification, one line per type: {@code name = hex}. */
class TrustchainVectorTests {
    private static final Path FILE = Path.of("../../docs/spec/vectors/trustchain.txt");

    private final TestNetwork network = new TestNetwork();
    private final NodeId n1 = network.node(0);
    private final NodeId n2 = network.node(1);
    private final byte[] leaf = filled(300, 0x30);
    private final CertificateRecord record = new CertificateRecord(
            n1, filled(16, 0x51), 1_800_000_000_000L, 1_800_003_600_000L, 3, digest(4), OptionalLong.empty());
    private final InclusionProof inclusion = new InclusionProof(3, 5, List.of(digest(1), digest(2), digest(3)));
    private final TreeHead head =
            TreeHead.sign(network.id(), network.issuerKeys.get(1), n2, 5, digest(4), 1_800_000_001_000L);
    private final NameRecord.Content content =
            new NameRecord.Content(List.of(ServiceAddress.of(filled(16, 0xfd), 443)), List.of("v=1", "grüße"), 300);

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static Digest digest(int i) {
        return Digest.of(filled(32, i));
    }

    private static byte[] written(Consumer<CborWriter> writer) {
        CborWriter w = new CborWriter();
        writer.accept(w);
        return w.toBytes();
    }

    private Map<String, byte[]> vectors() {
        String name = "web.test.hypermesh.alt";
        Map<String, byte[]> v = new LinkedHashMap<>();
        v.put("network-id", network.id().digest().toBytes());
        v.put("log-entry", CertificateRecord.logEntry(leaf));
        v.put("entry-hash", CertificateRecord.entryHash(leaf).toBytes());
        v.put("record-key", CertificateRecord.key(n2, digest(9)));
        v.put("tree-head", written(head::writeTo));
        v.put("inclusion-proof", written(inclusion::writeTo));
        v.put("consistency-proof", written(new ConsistencyProof(3, 5, List.of(digest(1), digest(2)))::writeTo));
        v.put(
                "possession-text",
                IssuanceRequest.possessionText(
                        network.id(), network.nodeKeys.get(0).verifyKey(), filled(91, 7), filled(230, 8)));
        v.put(
                "issuance-request",
                new IssuanceRequest(network.nodeKeys.get(0).verifyKey(), filled(91, 7), filled(230, 8), filled(71, 9))
                        .encode());
        v.put("issued-leaf", new IssuedLeaf(leaf, head, inclusion).encode());
        v.put("certificate-record", record.encode());
        v.put("certificate-record-revoked", record.revoked(1_800_000_002_000L).encode());
        v.put("certificate-instruction-record", new CertificateInstruction.RecordLeaf(digest(9), record).encode());
        v.put("certificate-instruction-revoke", new CertificateInstruction.RevokeLeaf(n2, digest(9)).encode());
        v.put("name-record", new NameRecord(n1, content, 2).encode());
        v.put("name-instruction-register", new NameInstruction.Register(name, content).encode());
        v.put("name-instruction-update", new NameInstruction.Update(name, content).encode());
        v.put("name-instruction-transfer", new NameInstruction.Transfer(name, n2).encode());
        v.put("name-instruction-release", new NameInstruction.Release(name).encode());
        return v;
    }

    /** Reads and writes again, by the type that a vector's name begins with. */
    private static Map<String, UnaryOperator<byte[]>> codecs() {
        return Map.of(
                "tree-head", b -> whole(b, r -> written(TreeHead.readFrom(r)::writeTo)),
                "inclusion-proof", b -> whole(b, r -> written(InclusionProof.readFrom(r)::writeTo)),
                "consistency-proof", b -> whole(b, r -> written(ConsistencyProof.readFrom(r)::writeTo)),
                "issuance-request", b -> IssuanceRequest.decode(b).encode(),
                "issued-leaf", b -> IssuedLeaf.decode(b).encode(),
                "certificate-record", b -> CertificateRecord.decode(b).encode(),
                "certificate-instruction", b -> CertificateInstruction.decode(b).encode(),
                "name-record", b -> NameRecord.decode(b).encode(),
                "name-instruction", b -> NameInstruction.decode(b).encode());
    }

    private static byte[] whole(byte[] bytes, java.util.function.Function<CborReader, byte[]> read) {
        CborReader r = new CborReader(bytes);
        byte[] again = read.apply(r);
        r.end();
        return again;
    }

    @Test
    void theVectorFileSaysWhatTheCodeWrites() throws IOException {
        StringBuilder text = new StringBuilder();
        vectors()
                .forEach((name, bytes) -> text.append(name)
                        .append(" = ")
                        .append(HexFormat.of().formatHex(bytes))
                        .append('\n'));
        if (Boolean.getBoolean("vectors.write")) {
            Files.writeString(FILE, text);
        }
        assertThat(Files.readString(FILE)).isEqualTo(text.toString());
    }

    @Test
    void everyVectorSurvivesReadingAndNoCutOrLengthenedOneIsRead() {
        int checked = 0;
        for (Map.Entry<String, byte[]> vector : vectors().entrySet()) {
            for (Map.Entry<String, UnaryOperator<byte[]>> codec : codecs().entrySet()) {
                if (!vector.getKey().startsWith(codec.getKey())) {
                    continue;
                }
                checked++;
                byte[] bytes = vector.getValue();
                assertThat(codec.getValue().apply(bytes)).as(vector.getKey()).isEqualTo(bytes);
                for (int length = 0; length <= bytes.length + 1; length++) {
                    if (length != bytes.length) {
                        byte[] other = Arrays.copyOf(bytes, length);
                        assertThatThrownBy(() -> codec.getValue().apply(other))
                                .as(vector.getKey() + " with " + length + " bytes")
                                .isInstanceOf(CborException.class);
                    }
                }
            }
        }
        assertThat(checked).isEqualTo(14);
    }

    @Test
    void everyChangedByteIsRefusedOrReadAsExactlyWhatItSays() {
        vectors()
                .forEach((name, bytes) -> codecs().forEach((prefix, codec) -> {
                    if (!name.startsWith(prefix)) {
                        return;
                    }
                    for (int i = 0; i < bytes.length; i++) {
                        for (int bit = 0; bit < 8; bit++) {
                            byte[] changed = bytes.clone();
                            changed[i] ^= (byte) (1 << bit);
                            byte[] again;
                            try {
                                again = codec.apply(changed);
                            } catch (CborException | IllegalArgumentException refused) {
                                continue;
                            }
                            assertThat(again).as(name + ", byte " + i).isEqualTo(changed);
                        }
                    }
                }));
    }
}
