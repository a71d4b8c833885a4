package online.hypermesh.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

/** The published vectors, written and read. */
final class PhaseVectorTests {
    private static final SigningKey KEY = SigningKey.fromSeed(new byte[32]);
    private static final NodeId ID = NodeId.of(KEY.verifyKey());
    private static final NetworkId NETWORK = new NetworkId(Digest.ZERO);
    private static final long TIME = 1_700_000_000_000L;

    @Test
    void theVectorsAreWhatThisCodeWrites() throws IOException {
        Map<String, String> written = new LinkedHashMap<>();
        put(written, "readiness", new Readiness(Phase.PARTIAL_FEDERATION).encode());
        put(written, "network-phase", new NetworkPhase(Phase.FULL_FEDERATION, 300, TIME).encode());
        put(written, "phase-record", new PhaseRecord(NETWORK, ID, Phase.TRUST, 7, TIME).encode());
        put(
                written,
                "phase-command",
                SignedPhaseCommand.sign(
                                new SignedPhaseCommand.Order(NETWORK, ID, Phase.FULL_FEDERATION, Phase.TRUST, 7, TIME),
                                KEY)
                        .encode());
        assertThat(vectors()).isEqualTo(written);
    }

    @Test
    void theVectorsAreReadAndWrittenBackUnchanged() throws IOException {
        for (Map.Entry<String, String> vector : vectors().entrySet()) {
            byte[] bytes = HexFormat.of().parseHex(vector.getValue());
            byte[] again = switch (vector.getKey()) {
                case "readiness" -> Readiness.decode(bytes).encode();
                case "network-phase" -> NetworkPhase.decode(bytes).encode();
                case "phase-record" -> PhaseRecord.decode(bytes).encode();
                default -> SignedPhaseCommand.decode(bytes).encode();
            };
            assertThat(again).as(vector.getKey()).isEqualTo(bytes);
        }
    }

    private static void put(Map<String, String> vectors, String name, byte[] bytes) {
        vectors.put(name, HexFormat.of().formatHex(bytes));
    }

    private static Map<String, String> vectors() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve("docs/spec"))) {
            root = root.getParent();
        }
        Map<String, String> vectors = new LinkedHashMap<>();
        for (String line : Files.readAllLines(root.resolve("docs/spec/vectors/bootstrap.txt"))) {
            if (!line.startsWith("#")) {
                String[] parts = line.split(" ", 2);
                vectors.put(parts[0], parts[1]);
            }
        }
        return vectors;
    }
}
