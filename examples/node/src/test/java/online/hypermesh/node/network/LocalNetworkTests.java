package online.hypermesh.node.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.config.EffectiveConfig;
import online.hypermesh.node.config.NodeConfig;
import online.hypermesh.node.keys.KeystoreFile;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalNetworkTests {
    @TempDir
    Path dir;

    private LocalNetwork create() {
        return LocalNetwork.create(
                dir.resolve("alpha"), "alpha", 2, Parameters.DEFAULT, 1_800_000_000_000L, Optional.empty());
    }

    @Test
    void foundedNetworkIsReadBackTheSame() {
        LocalNetwork founded = create();

        assertThat(LocalNetwork.open(founded.directory())).isEqualTo(founded);
        assertThatThrownBy(this::create).isInstanceOf(HypermeshException.class).hasMessageContaining("already");
    }

    @Test
    void everyNodeFindsItsKeysAndItsPeers() {
        LocalNetwork network = create();
        for (LocalNode node : network.nodes()) {
            NodeConfig config = EffectiveConfig.load(Map.of(), Map.of(), Optional.of(node.configFile()))
                    .toNodeConfig();
            try (SecretBytes phrase = config.passphrase().read();
                    NodeKeys keys = new KeystoreFile(config.keystoreFile()).open(phrase)) {
                assertThat(keys.id()).isEqualTo(node.id());
            }
            assertThat(config.peers()).hasSize(1).noneMatch(p -> p.id().equals(node.id()));
        }
        try (NodeKeys operator = network.operatorKeys()) {
            assertThat(network.genesis().operators())
                    .containsExactly(operator.node().verifyKey());
            assertThat(network.genesis().validators().stream().map(v -> v.nodeId()))
                    .doesNotContain(NodeId.of(operator.node().verifyKey()));
        }
    }

    @Test
    void secondHolderOfTheLockIsToldWhoseItIs() {
        LocalNetwork network = create();
        try (NetworkLock held = NetworkLock.take(network.lockFile(), "alpha")) {
            assertThat(held).isNotNull();
            assertThat(NetworkLock.owner(network.lockFile()).orElseThrow().held())
                    .isTrue();
            assertThatThrownBy(() -> NetworkLock.take(network.lockFile(), "alpha"))
                    .isInstanceOfSatisfying(
                            HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.LOCKED))
                    .hasMessageContaining("process " + ProcessHandle.current().pid())
                    .hasMessageContaining("hypermesh down --name alpha");
        }
        assertThat(NetworkLock.owner(network.lockFile())).isEmpty();
    }

    @Test
    void staleLockSaysWhoseItWasAndIsTakenOver() throws Exception {
        LocalNetwork network = create();
        Files.writeString(network.lockFile(), "process 4194399, since 2026-01-01T00:00:00Z\n");

        NetworkLock.Owner owner = NetworkLock.owner(network.lockFile()).orElseThrow();
        assertThat(owner.held()).isFalse();
        assertThat(owner.pid()).isEqualTo(4_194_399);
        NetworkLock.take(network.lockFile(), "alpha").close();
    }

    @Test
    void portsAreNotThoseThatDialingSocketsAreGiven() {
        assertThat(create().nodes())
                .extracting(node -> node.address().getPort())
                .doesNotHaveDuplicates()
                .allMatch(port -> port >= 20_000 && port < 32_768);
    }
}
