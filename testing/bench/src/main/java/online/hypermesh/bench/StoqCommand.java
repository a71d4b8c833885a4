package online.hypermesh.bench;

import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench stoq}. */
@Command(
        name = "stoq",
        description = {
            "Measure the transport against raw Netty QUIC: both run in this process in turns, warm, and the medians of"
                    + " the pairs count. A metric whose subject is not built is absent.",
            "A whole run takes up to 6 minutes, --quick about two. Nothing else should run meanwhile."
        })
final class StoqCommand extends BenchCommand {
    @Option(
            names = "--only",
            split = ",",
            paramLabel = "METRIC",
            description = "Measure only these metrics, separated by commas.")
    private List<String> only = List.of();

    @Option(names = "--quick", description = "Fewer turns, smaller transfers, fewer idle connections.")
    private boolean quick;

    StoqCommand() {
        super("stoq");
    }

    @Override
    void measure(Report report, Consumer<String> progress) {
        StoqBench bench = new StoqBench(quick ? Scale.QUICK : Scale.FULL, report);
        bench.run(wanted(only, bench.names()), progress);
    }
}
