package online.hypermesh.node.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import online.hypermesh.node.client.TrustedCheckpoint;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which network on this machine, and what its client begins with. */
final class SessionOptions extends NetworkOptions {
    @Option(
            names = "--checkpoint",
            paramLabel = "EPOCH:ID",
            description =
                    "The end of an epoch to begin with, from somebody you trust; needed where the founding document is"
                            + " older than the trust period of 14 days. Without it: HYPERMESH_CHECKPOINT, else the file checkpoint"
                            + " in the network's directory, else the founding document.")
    private @Nullable String checkpoint;

    /** What a client begins with, if not with the founding document. */
    Optional<TrustedCheckpoint> checkpoint() {
        String given = checkpoint != null ? checkpoint : System.getenv("HYPERMESH_CHECKPOINT");
        if (given != null && !given.isBlank()) {
            return Optional.of(TrustedCheckpoint.parse(given));
        }
        Path file = directory().resolve("checkpoint");
        return Files.exists(file) ? Optional.of(TrustedCheckpoint.in(file)) : Optional.empty();
    }
}
