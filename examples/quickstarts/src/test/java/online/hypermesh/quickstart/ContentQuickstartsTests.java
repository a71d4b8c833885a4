package online.hypermesh.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentQuickstartsTests {
    @Test
    void threePeopleReadOneFile(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("f"), "for three;");
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        ThreeRecipients.run(new NetworkId(Digest.sha256(new byte[] {1})), dir.resolve("packs"), file, out);

        assertThat(out.toString(UTF_8)).isEqualTo("for three;for three;for three;");
    }

    @Test
    void threePeopleOpenOneSealedBlock(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("f"), "sealed;");
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        SealForThree.run(new NetworkId(Digest.sha256(new byte[] {1})), dir, file, out);

        assertThat(out.toString(UTF_8)).isEqualTo("sealed;sealed;sealed;");
    }

    @Test
    void aFolderComesBackFromItsSnapshot(@TempDir Path dir) throws IOException {
        Path folder = Files.createDirectory(dir.resolve("folder"));
        Files.writeString(folder.resolve("f"), "kept");

        String recovery = KeepSnapshots.run(
                dir.resolve("repository"),
                SecretBytes.copyOf("correct horse".getBytes(UTF_8)),
                folder,
                dir.resolve("target"));

        assertThat(dir.resolve("target/folder/f")).hasContent("kept");
        assertThat(recovery).hasSize(84);
    }
}
