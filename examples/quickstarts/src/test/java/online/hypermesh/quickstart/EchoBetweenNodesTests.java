package online.hypermesh.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EchoBetweenNodesTests {
    private static final String SOURCE =
            "examples/quickstarts/src/main/java/online/hypermesh/quickstart/EchoBetweenNodes.java";

    @Test
    @Timeout(60)
    void oneNodeAnswersAnother() {
        assertThat(EchoBetweenNodes.run("hello")).isEqualTo("hello");
    }

    @Test
    void theGuideShowsThisCodeInFewerThanTwentyLines() throws IOException {
        List<String> snippet = lines(Files.readString(root().resolve(SOURCE)).split("// GUIDE\n", -1)[1]);

        assertThat(snippet).hasSizeLessThan(20);
        assertThat(lines(Files.readString(root().resolve("docs/stoq.md")))).containsSequence(snippet);
    }

    @Test
    void nothingButTheTransportIsUsed() throws IOException {
        assertThat(Files.readAllLines(root().resolve(SOURCE)))
                .filteredOn(line -> line.contains("online.hypermesh."))
                .filteredOn(line -> !line.startsWith("package "))
                .allMatch(line -> line.startsWith("import online.hypermesh.stoq."));
    }

    private static List<String> lines(String text) {
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    private static Path root() {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("bom/pom.xml"))) {
            root = root.getParent();
        }
        return root;
    }
}
