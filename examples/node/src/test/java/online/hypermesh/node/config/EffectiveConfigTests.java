package online.hypermesh.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.keys.PassphraseSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EffectiveConfigTests {
    private static final String ID = "0123456789abcdef".repeat(4);

    @TempDir
    Path dir;

    private Path yaml(String text) throws Exception {
        return Files.writeString(dir.resolve("node.yaml"), text);
    }

    private static final String COMPLETE = """
            name: n1
            genesis-file: genesis.cbor
            keystore-file: keys/n1.keystore
            data-directory: data
            """;

    @Test
    void flagWinsOverEnvironmentThatOverFileThatOverDefault() throws Exception {
        Path file = yaml(COMPLETE + "listen-port: 1001\nrequest-timeout: 2001\nlog-level: debug\n");
        EffectiveConfig config = EffectiveConfig.load(
                Map.of("listen-port", "3003"),
                Map.of("HYPERMESH_LISTEN_PORT", "2002", "HYPERMESH_REQUEST_TIMEOUT", "2002"),
                Optional.of(file));

        assertThat(config.settings().get(ConfigKey.LISTEN_PORT).origin()).isEqualTo("flag --listen-port");
        assertThat(config.settings().get(ConfigKey.REQUEST_TIMEOUT).origin())
                .isEqualTo("environment HYPERMESH_REQUEST_TIMEOUT");
        assertThat(config.settings().get(ConfigKey.LOG_LEVEL).origin()).isEqualTo("file " + file);
        assertThat(config.settings().get(ConfigKey.LISTEN_ADDRESS).origin()).isEqualTo("default");
        NodeConfig node = config.toNodeConfig();
        assertThat(node.listen().getPort()).isEqualTo(3003);
        assertThat(node.requestTimeout()).isEqualTo(Duration.ofMillis(2002));
        assertThat(node.logLevel()).isEqualTo(System.Logger.Level.DEBUG);
    }

    @Test
    void everyKeyCanBeGivenInEveryWay() {
        Map<String, String> flags = new HashMap<>();
        Map<String, String> environment = new HashMap<>();
        for (ConfigKey key : ConfigKey.values()) {
            flags.put(key.key(), "flag");
            environment.put(key.variable(), "environment");
        }

        assertThat(EffectiveConfig.load(flags, Map.of(), Optional.empty())
                        .settings()
                        .values())
                .hasSize(ConfigKey.values().length)
                .allMatch(s -> s.value().equals("flag"));
        assertThat(EffectiveConfig.load(Map.of(), environment, Optional.empty())
                        .settings()
                        .values())
                .hasSize(ConfigKey.values().length)
                .allMatch(s -> s.value().equals("environment"));
    }

    @Test
    void relativePathsOfTheFileStartAtTheFile() throws Exception {
        NodeConfig config = EffectiveConfig.load(Map.of(), Map.of(), Optional.of(yaml(COMPLETE)))
                .toNodeConfig();

        assertThat(config.dataDirectory()).isEqualTo(dir.resolve("data"));
        assertThat(config.logFile()).isEqualTo(dir.resolve("data/node.log"));
        assertThat(config.passphrase()).isEqualTo(PassphraseSource.environment());
        assertThat(config.traditionalDns()).isEmpty();
    }

    @Test
    void unknownKeyIsRefusedAndTheNearestOneNamed() throws Exception {
        Path file = yaml(COMPLETE + "listen-prot: 1\n");

        assertThatThrownBy(() -> EffectiveConfig.load(Map.of(), Map.of(), Optional.of(file)))
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.CONFIGURATION))
                .hasMessageContaining("listen-prot")
                .hasMessageContaining("Did you mean \"listen-port\"");
    }

    @Test
    void keyGivenTwiceInTheFileIsRefused() throws Exception {
        Path file = yaml(COMPLETE + "name: n2\n");

        assertThatThrownBy(() -> EffectiveConfig.load(Map.of(), Map.of(), Optional.of(file)))
                .isInstanceOf(HypermeshException.class)
                .hasMessageContaining("Duplicate");
    }

    @Test
    void brokenYamlNamesFileAndLine() throws Exception {
        Path file = yaml("name: [1\n");

        assertThatThrownBy(() -> EffectiveConfig.load(Map.of(), Map.of(), Optional.of(file)))
                .isInstanceOf(HypermeshException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("line");
    }

    @Test
    void missingFileAndMissingValueSayWhatToDo() {
        Path none = dir.resolve("none.yaml");
        assertThatThrownBy(() -> EffectiveConfig.load(Map.of(), Map.of(), Optional.of(none)))
                .hasMessageContaining("does not exist")
                .hasMessageContaining("--config");
        assertThatThrownBy(() -> EffectiveConfig.load(Map.of(), Map.of(), Optional.empty())
                        .toNodeConfig())
                .hasMessageContaining("name is not set")
                .hasMessageContaining("HYPERMESH_NAME");
    }

    @Test
    void wrongValueNamesKeyValueOriginAndRange() throws Exception {
        Path file = yaml(COMPLETE + "listen-port: 70000\n");

        assertThatThrownBy(() -> EffectiveConfig.load(Map.of(), Map.of(), Optional.of(file))
                        .toNodeConfig())
                .hasMessageContaining("listen-port is \"70000\" (file " + file + ")")
                .hasMessageContaining("0..65535");
    }

    @Test
    void ipv4AndHostNamesAreRefused() throws Exception {
        for (String address : new String[] {"127.0.0.1", "localhost", "::ffff:127.0.0.1"}) {
            Path file = yaml(COMPLETE + "listen-address: \"" + address + "\"\n");
            assertThatThrownBy(() -> EffectiveConfig.load(Map.of(), Map.of(), Optional.of(file))
                            .toNodeConfig())
                    .as(address)
                    .isInstanceOf(HypermeshException.class)
                    .hasMessageContaining("IPv6");
        }
    }

    @Test
    void peersAreAListOfIdentitiesAtAddresses() throws Exception {
        Path file = yaml(COMPLETE + "peers:\n  - \"" + ID + "@[::1]:7001\"\n");
        NodeConfig config =
                EffectiveConfig.load(Map.of(), Map.of(), Optional.of(file)).toNodeConfig();

        assertThat(config.peers()).hasSize(1);
        assertThat(config.peers().get(0).address().getPort()).isEqualTo(7001);
        assertThatThrownBy(() -> EffectiveConfig.load(Map.of("peers", "n2@[::1]:7001"), Map.of(), Optional.of(file))
                        .toNodeConfig())
                .hasMessageContaining("64 hexadecimal digits");
        assertThatThrownBy(() -> EffectiveConfig.load(
                                Map.of("peers", ID + "@[::1]:7001," + ID + "@[::1]:7002"), Map.of(), Optional.of(file))
                        .toNodeConfig())
                .hasMessageContaining("twice");
    }

    @Test
    void bareOffTurnsTraditionalDnsOff() throws Exception {
        Path file = yaml(COMPLETE + "traditional-dns: off\n");

        assertThat(EffectiveConfig.load(Map.of(), Map.of(), Optional.of(file))
                        .toNodeConfig()
                        .traditionalDns())
                .isEmpty();
    }

    @Test
    void keystoreInsideTheDataDirectoryIsRefused() throws Exception {
        Path file = yaml(COMPLETE);

        assertThatThrownBy(() -> EffectiveConfig.load(
                                Map.of(
                                        "keystore-file",
                                        dir.resolve("data/n1.keystore").toString()),
                                Map.of(),
                                Optional.of(file))
                        .toNodeConfig())
                .hasMessageContaining("inside data-directory");
    }
}
