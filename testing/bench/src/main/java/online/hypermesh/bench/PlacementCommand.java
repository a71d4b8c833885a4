package online.hypermesh.bench;

import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench placement}. */
@Command(
        name = "placement",
        description = {
            "Measure erasure coding beside Apache Ozone's Java coder, and the hash table beside plain Kademlia in the"
                    + " simulator.",
            "A whole run takes some 5 minutes, --quick less than one. Nothing else should run meanwhile."
        })
final class PlacementCommand extends BenchCommand {
    @Option(names = "--quick", description = "Fewer nodes, fewer pairs.")
    private boolean quick;

    PlacementCommand() {
        super("placement");
    }

    @Override
    void measure(Report report, Consumer<String> progress) {
        new PlacementBench(quick, report, progress).run();
    }
}
