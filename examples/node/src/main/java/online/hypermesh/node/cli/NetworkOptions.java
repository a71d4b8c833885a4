package online.hypermesh.node.cli;

import java.nio.file.Path;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.NetworkLock;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which network on this machine. */
class NetworkOptions {
    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "local",
            description = "The network: 1..63 characters of a-z, 0-9 and hyphen.")
    private String name = "local";

    @Option(
            names = "--home",
            paramLabel = "DIR",
            description = "Where networks live. Without it: HYPERMESH_HOME, else .hypermesh in the home directory.")
    private @Nullable Path home;

    String name() {
        if (!name.matches("[a-z0-9-]{1,63}")) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "--name is \"" + name + "\", but must be 1..63 characters of a-z, 0-9 and hyphen");
        }
        return name;
    }

    Path directory() {
        Path base = home == null ? LocalNetwork.home(System.getenv()) : home.toAbsolutePath();
        return base.resolve("networks").resolve(name());
    }

    LocalNetwork open() {
        Path directory = directory();
        if (!LocalNetwork.exists(directory)) {
            throw new HypermeshException(
                    Code.NOT_FOUND,
                    Retry.NEVER,
                    "no network " + name() + " in " + directory + ". Start one with: hypermesh up --name " + name());
        }
        return LocalNetwork.open(directory);
    }

    LocalNetwork running() {
        LocalNetwork network = open();
        Optional<NetworkLock.Owner> owner = NetworkLock.owner(network.lockFile());
        if (owner.isEmpty() || !owner.get().held()) {
            throw new HypermeshException(
                    Code.CLOSED,
                    Retry.WHOLE_OPERATION,
                    "network " + name() + " is not running"
                            + owner.map(o -> "; its lock is stale, left by " + o.text())
                                    .orElse("")
                            + ". Start it with: hypermesh up --name " + name());
        }
        return network;
    }
}
