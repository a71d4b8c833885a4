package online.hypermesh.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryCommandTests {
    @TempDir
    Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return HypermeshCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }

    private JsonNode json() throws Exception {
        return new ObjectMapper().readTree(out.toString());
    }

    private String secret(String name, String content) throws Exception {
        Path file = Files.writeString(dir.resolve(name), content + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file.toString();
    }

    @Test
    void filesGoThroughALocalRepositoryWithoutAnyNetwork() throws Exception {
        String repo = dir.resolve("repo").toString();
        String phrase = secret("phrase", "correct horse battery");
        String source = Files.createDirectory(dir.resolve("docs")).toString();
        Files.writeString(dir.resolve("docs/readme"), "hello");

        assertThat(run(
                        "put",
                        "--json",
                        "--repo",
                        repo,
                        "--passphrase-file",
                        phrase,
                        "--create",
                        "--profile",
                        "dense",
                        source))
                .isZero();
        String recovery = secret("recovery", json().get("recoveryKey").asText());
        String snapshot = json().get("snapshot").asText();
        assertThat(json().get("files").asInt()).isOne();

        assertThat(run("snapshots", "--json", "--repo", repo, "--recovery-key-file", recovery))
                .isZero();
        assertThat(json().at("/0/snapshot").asText()).isEqualTo(snapshot);
        assertThat(run("ls", "--json", "--repo", repo, "--passphrase-file", phrase, "latest:docs/readme"))
                .isZero();
        assertThat(json().get("bytes").asInt()).isEqualTo(5);
        String copy = dir.resolve("copy").toString();
        assertThat(run("get", "--repo", repo, "--passphrase-file", phrase, "latest:docs/readme", "--out", copy))
                .isZero();
        assertThat(Path.of(copy)).hasContent("hello");
        String target = dir.resolve("target").toString();
        assertThat(run("restore", "--repo", repo, "--passphrase-file", phrase, "latest", "--target", target))
                .isZero();
        assertThat(dir.resolve("target/docs/readme")).hasContent("hello");
        assertThat(run("restore", "--repo", repo, "--passphrase-file", phrase, "latest", "--target", target))
                .as("the file exists already")
                .isEqualTo(1);
        assertThat(run("check", "--read-data", "--repo", repo, "--passphrase-file", phrase))
                .isZero();
        assertThat(run("stats", "--json", "--repo", repo, "--passphrase-file", phrase))
                .isZero();
        assertThat(json().get("profile").asText()).isEqualTo("dense");
        assertThat(run("snapshots", "--delete", "latest", "--repo", repo, "--passphrase-file", phrase))
                .isZero();
        assertThat(run("gc", "--json", "--repo", repo, "--passphrase-file", phrase))
                .isZero();
        assertThat(json().get("deletedPacks").asInt()).isPositive();
    }

    @Test
    void domainsAreChosenNamedAndKeptApart() throws Exception {
        String phrase = secret("phrase", "correct horse battery");
        String member = secret("member", "another horse battery");
        String file = Files.writeString(dir.resolve("f"), "x").toString();
        String open = dir.resolve("open").toString();
        String shared = dir.resolve("shared").toString();

        assertThat(run("put", "--json", "--repo", open, "--create", "--domain", "public", file))
                .isZero();
        assertThat(json().has("recoveryKey")).isFalse();
        assertThat(run("stats", "--json", "--repo", open, "--domain", "public")).isZero();
        assertThat(json().get("domain").asText()).isEqualTo("public");
        assertThat(run("stats", "--repo", open, "--passphrase-file", phrase)).isEqualTo(77);
        assertThat(run("put", "--repo", open, "--domain", "public", "--passphrase-file", phrase, file))
                .isEqualTo(64);

        assertThat(run(
                        "put",
                        "--repo",
                        shared,
                        "--create",
                        "--domain",
                        "group",
                        "--passphrase-file",
                        phrase,
                        "--member-passphrase-file",
                        member,
                        file))
                .isZero();
        assertThat(run("ls", "--repo", shared, "--domain", "group", "--passphrase-file", member, "latest"))
                .isZero();
        assertThat(run("ls", "--repo", shared, "--passphrase-file", member, "latest"))
                .as("nobody stores in another domain than he means")
                .isEqualTo(64);
        assertThat(err.toString()).contains("--domain group");
        assertThat(run("put", "--repo", shared, "--domain", "secret", file)).isEqualTo(64);
        assertThat(run("put", "--domain", "public", file)).isEqualTo(2);
    }

    @Test
    void whatIsWrongHasItsExitCode() throws Exception {
        String repo = dir.resolve("repo").toString();
        String phrase = secret("phrase", "correct horse battery");
        String other = secret("other", "wrong horse battery");
        String file = Files.writeString(dir.resolve("f"), "x").toString();

        assertThat(run("stats", "--repo", repo, "--passphrase-file", phrase)).isEqualTo(66);
        assertThat(run("put", "--repo", repo, "--passphrase-file", phrase, "--create", "--profile", "thick", file))
                .isEqualTo(64);
        assertThat(run("put", "--repo", repo, "--passphrase-file", phrase, "--create", file))
                .isZero();
        assertThat(run("put", "--repo", repo, "--passphrase-file", phrase, "--create", file))
                .isEqualTo(67);
        assertThat(run("stats", "--repo", repo, "--passphrase-file", other)).isEqualTo(77);
        assertThat(run("ls", "--repo", repo, "--passphrase-file", phrase, "latest:none"))
                .isEqualTo(66);
        assertThat(run("ls", "--repo", repo, "--passphrase-file", phrase, "latest:a\\q"))
                .isEqualTo(64);
        try (var packs = Files.walk(dir.resolve("repo/packs"))) {
            Files.delete(packs.filter(Files::isRegularFile).findFirst().orElseThrow());
        }
        assertThat(run("check", "--repo", repo, "--passphrase-file", phrase)).isEqualTo(65);
        assertThat(run("put", "--help")).isZero();
        assertThat(out.toString()).contains("Deduplication domains:", "private  ", "group  ", "public  ");
    }
}
