package online.hypermesh.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicatedStoreTests {
    @TempDir
    Path folder;

    @Test
    void whatIsWrittenThroughOneNodeIsReadFromAnotherAndANodeMayBeMissing() throws Exception {
        try (ReplicatedStore store = new ReplicatedStore(folder)) {
            Receipt first = store.write(0, "city=Oslo");
            assertThat(store.readAfter(first, 3, "city")).contains("Oslo");
            store.nodes.get(3).close();
            Receipt second = store.write(1, "city=Bergen");
            assertThat(store.readAfter(second, 2, "city")).contains("Bergen");
            assertThat(store.write(1, "nonsense").outcome()).isInstanceOf(Outcome.Refused.class);
        }
    }

    @Test
    void theSnippetHasFewerThanThirtyLines() throws Exception {
        String source = Files.readString(Path.of("src/main/java/online/hypermesh/quickstart/ReplicatedStore.java"));
        assertThat(source.split("// GUIDE", -1)[1]
                        .lines()
                        .filter(l -> !l.isBlank())
                        .count())
                .isLessThan(30);
    }
}
