package online.hypermesh.bench;

import java.util.function.Consumer;
import picocli.CommandLine.Command;

/** {@code bench proof}. */
@Command(
        name = "proof",
        description = {
            "Measure the verification of bundles with all four proofs, each new to its verifier.",
            "A run takes less than a minute. Nothing else should run meanwhile."
        })
final class ProofCommand extends BenchCommand {
    ProofCommand() {
        super("proof");
    }

    @Override
    void measure(Report report, Consumer<String> progress) {
        new ProofBench(report).run(progress);
    }
}
