package online.hypermesh.node.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.DatagramSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.network.NodeProcess;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class NodeStartIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path dir;

    private RunningNetwork network;
    private LocalNode n1;

    @BeforeEach
    void found() {
        network = new RunningNetwork(dir.resolve("network"), 1, 3600);
        n1 = network.nodes().get(0);
    }

    private static void failsToStart(LocalNode node, int code, String... words) throws Exception {
        try (NodeProcess process = NodeProcess.start(node)) {
            assertThatThrownBy(() -> process.awaitReady(PATIENCE))
                    .isInstanceOf(HypermeshException.class)
                    .message()
                    .contains(words);
            process.onExit().get(30, TimeUnit.SECONDS);
            assertThat(process.exitCode()).isEqualTo(code);
        }
    }

    @Test
    void portInUseIsSaidAndNothingIsLost() throws Exception {
        try (DatagramSocket taken = new DatagramSocket(n1.address())) {
            assertThat(taken.isBound()).isTrue();
            failsToStart(n1, 68, Integer.toString(n1.address().getPort()), "ADDRESS_IN_USE");
        }
        network.start("n1");
        assertThat(network.process("n1").stop(Duration.ofSeconds(20))).isTrue();
        network.close();
    }

    @Test
    void lockedDataDirectoryNamesTheProcessThatUsesIt() throws Exception {
        network.start("n1");
        failsToStart(n1, 68, "LOCKED", "pid " + network.process("n1").pid());
        assertThat(network.process("n1").isAlive()).as("the first one goes on").isTrue();
        network.close();
    }

    @Test
    void dataDirectoryOfAnotherNetworkIsRefused() throws Exception {
        network.start("n1");
        network.close();
        RunningNetwork other = new RunningNetwork(dir.resolve("other"), 1, 3600);
        LocalNode stranger = other.nodes().get(0);
        LocalNetwork.deleteTree(stranger.dataDirectory());
        Files.move(n1.dataDirectory(), stranger.dataDirectory());

        failsToStart(stranger, 65, "WRONG_NETWORK", "belongs to network");
        Files.move(stranger.dataDirectory(), n1.dataDirectory());
        RunningNetwork.until("n1 starts with its own data", () -> {
            network.start("n1");
            return true;
        });
        network.close();
    }

    @Test
    void missingKeysWrongPassphraseAndUnknownKeyEachSayWhatToDo() throws Exception {
        Path keystore = dir.resolve("network/keys/n1.keystore");
        Path away = Files.move(keystore, dir.resolve("away"));
        failsToStart(n1, 66, "does not exist", "keys restore");
        Files.move(away, keystore);

        Path passphrase = dir.resolve("network/passphrase");
        byte[] right = Files.readAllBytes(passphrase);
        Files.writeString(passphrase, "something else\n");
        failsToStart(n1, 77, "passphrase is wrong");
        Files.write(passphrase, right);

        Files.writeString(n1.configFile(), "listne-port: 1\n", StandardOpenOption.APPEND);
        failsToStart(n1, 64, "Did you mean \"listen-port\"");
        network.close();
    }
}
