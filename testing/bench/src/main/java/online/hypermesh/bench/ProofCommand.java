package online.hypermesh.bench;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench proof}. */
@Command(
        name = "proof",
        description = {
            "Measure the verification of bundles with all four proofs, each new to its verifier.",
            "A run takes less than a minute. Nothing else should run meanwhile."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything was measured", "1:a measurement failed", "2:the command line is wrong"},
        mixinStandardHelpOptions = true)
final class ProofCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    ProofCommand() {}

    @Override
    public Integer call() {
        Report report = new Report("proof", Machine.describe());
        PrintWriter err = spec.commandLine().getErr();
        new ProofBench(report).run(step -> {
            err.println("bench: " + step);
            err.flush();
        });
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.json());
        } else {
            report.table(out);
        }
        out.flush();
        return 0;
    }
}
