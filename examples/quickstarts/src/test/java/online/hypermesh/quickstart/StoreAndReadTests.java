package online.hypermesh.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreAndReadTests {
    @Test
    void whatWasStoredIsReadBackAndRepetitionCostsNothing(@TempDir Path folder) throws IOException {
        byte[] half = new byte[300_000];
        new SplittableRandom(7).nextBytes(half);
        byte[] content = new byte[600_000];
        System.arraycopy(half, 0, content, 0, half.length);
        System.arraycopy(half, 0, content, half.length, half.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        StoreAndRead.run(
                new NetworkId(Digest.sha256("quickstart".getBytes(StandardCharsets.UTF_8))),
                folder.resolve("packs"),
                new ByteArrayInputStream(content),
                out);

        assertThat(out.toByteArray()).isEqualTo(content);
        assertThat(segmentBytes(folder)).as("half of it is repetition").isLessThan(half.length + 100_000L);
    }

    private static long segmentBytes(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(f -> f.toFile().length())
                    .sum();
        }
    }

    @Test
    void theReadmeShowsThisCode() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("bom/pom.xml"))) {
            root = root.getParent();
        }
        String source = "examples/quickstarts/src/main/java/online/hypermesh/quickstart/StoreAndRead.java";
        String[] parts = Files.readString(root.resolve(source)).split("// README\n", -1);
        List<String> snippet =
                parts[1].stripTrailing().lines().map(String::strip).toList();

        assertThat(snippet).hasSize(8);
        assertThat(Files.readString(root.resolve("README.md"))
                        .lines()
                        .map(String::strip)
                        .toList())
                .containsSequence(snippet);
    }
}
