package online.hypermesh.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandLineTests {
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

    private String passphraseFile() throws Exception {
        Path file = dir.resolve("passphrase");
        Files.writeString(file, "correct horse battery\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file.toString();
    }

    private static void collect(CommandLine line, List<String> path, List<List<String>> into) {
        into.add(path);
        line.getSubcommands().forEach((name, sub) -> {
            List<String> deeper = new ArrayList<>(path);
            deeper.add(name);
            collect(sub, deeper, into);
        });
    }

    @Test
    void everyCommandHasHelpWithExitCodes() {
        List<List<String>> commands = new ArrayList<>();
        collect(HypermeshCommand.commandLine(), List.of(), commands);

        assertThat(commands).hasSizeGreaterThan(8);
        for (List<String> command : commands) {
            List<String> args = new ArrayList<>(command);
            args.add("--help");
            assertThat(run(args.toArray(String[]::new))).as(command.toString()).isZero();
            assertThat(out.toString())
                    .as(command.toString())
                    .contains("Usage: hypermesh")
                    .contains("Exit codes:");
        }
    }

    @Test
    void wrongCommandLineEndsWithTwo() {
        assertThat(run()).isEqualTo(2);
        assertThat(run("dmeo")).isEqualTo(2);
        assertThat(run("keys")).isEqualTo(2);
        assertThat(run("keys", "show")).isEqualTo(2);
        assertThat(err.toString()).contains("--keystore-file");
        assertThat(run("config", "print", "--lsten-port", "1")).isEqualTo(2);
    }

    @Test
    void configPrintShowsValuesAndOrigins() throws Exception {
        Path file = Files.writeString(
                dir.resolve("node.yaml"), "name: n1\ngenesis-file: g\nkeystore-file: k\ndata-directory: d\n");

        assertThat(run("config", "print", "--effective", "--json", "--config", file.toString(), "--listen-port", "9"))
                .isZero();
        assertThat(json().at("/listen-port/value").asText()).isEqualTo("9");
        assertThat(json().at("/listen-port/origin").asText()).isEqualTo("flag --listen-port");
        assertThat(json().at("/name/origin").asText()).isEqualTo("file " + file);
        assertThat(run("config", "print")).isZero();
        assertThat(out.toString()).contains("traditional-dns").contains("(must be set)");
    }

    @Test
    void wrongConfigurationEndsWith64AndNamesTheNearestKey() throws Exception {
        Path file = Files.writeString(dir.resolve("node.yaml"), "nmae: n1\n");

        assertThat(run("config", "print", "--effective", "--config", file.toString()))
                .isEqualTo(64);
        assertThat(err.toString()).contains("Did you mean \"name\"").contains("[CONFIGURATION]");
    }

    @Test
    void keysAreMadeShownBackedUpAndRestored() throws Exception {
        String phrase = passphraseFile();
        String store = dir.resolve("n1.keystore").toString();
        String backup = dir.resolve("n1.backup").toString();

        assertThat(run("keys", "init", "--json", "--keystore-file", store, "--passphrase-file", phrase))
                .isZero();
        String id = json().get("id").asText();
        assertThat(run("keys", "init", "--keystore-file", store, "--passphrase-file", phrase))
                .isEqualTo(67);
        assertThat(run("keys", "backup", "--keystore-file", store, "--passphrase-file", phrase, backup))
                .isZero();
        Files.delete(Path.of(store));
        assertThat(run("keys", "show", "--keystore-file", store, "--passphrase-file", phrase))
                .isEqualTo(66);
        assertThat(run("keys", "restore", "--keystore-file", store, "--passphrase-file", phrase, backup))
                .isZero();
        assertThat(run("keys", "show", "--json", "--keystore-file", store, "--passphrase-file", phrase))
                .isZero();
        assertThat(json().get("id").asText()).isEqualTo(id);
    }

    @Test
    void networkIsFoundedFromPublicKeys() throws Exception {
        String phrase = passphraseFile();
        String genesis = dir.resolve("genesis.cbor").toString();
        List<String> args = new ArrayList<>(List.of("genesis", "create", "--name", "alpha", "--out", genesis));
        for (String node : new String[] {"n1", "n2"}) {
            String store = dir.resolve(node).toString();
            run("keys", "init", "--json", "--keystore-file", store, "--passphrase-file", phrase);
            Path keys = Files.writeString(dir.resolve(node + ".json"), out.toString());
            args.addAll(List.of("--validator", node + "=" + keys));
        }

        assertThat(run(args.toArray(String[]::new))).isZero();
        assertThat(run("genesis", "show", genesis)).isZero();
        assertThat(json().get("validators").size()).isEqualTo(2);
        assertThat(json().at("/validators/1/name").asText()).isEqualTo("n2");
        assertThat(run(args.toArray(String[]::new))).as("never overwritten").isEqualTo(67);
        Files.writeString(dir.resolve("broken.cbor"), "not a genesis");
        assertThat(run("genesis", "show", dir.resolve("broken.cbor").toString()))
                .isEqualTo(64);
    }

    @Test
    void unreadableFileAndMissingNetworkSayWhatToDo() {
        assertThat(run("demo", dir.resolve("none").toString())).isEqualTo(66);
        assertThat(err.toString()).contains("does not exist");
        assertThat(run("demo", dir.toString())).isEqualTo(66);
        assertThat(err.toString()).contains("not a file");
        assertThat(run("status", "--name", "none", "--home", dir.toString())).isEqualTo(66);
        assertThat(err.toString()).contains("hypermesh up --name none");
        assertThat(run("up", "--nodes", "0", "--home", dir.toString())).isEqualTo(64);
    }

    @Test
    void doctorReportsEveryCheck() throws Exception {
        int code = run("doctor", "--json", "--home", dir.toString());

        assertThat(json().get("ok").asBoolean()).isEqualTo(code == 0);
        List<String> checks = new ArrayList<>();
        json().get("checks").forEach(c -> checks.add(c.get("check").asText()));
        assertThat(checks).contains("jdk", "ipv6", "transport", "socket-buffers", "disk", "clock", "ports", "locks");
    }
}
