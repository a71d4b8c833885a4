package online.hypermesh.node.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import online.hypermesh.api.content.CheckDepth;
import online.hypermesh.api.content.CheckReport;
import online.hypermesh.impl.content.repository.Repository;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code check}: looks for damage in a local repository. */
@Command(
        name = "check",
        description = {
            "Check a local repository: every snapshot, directory and reference, and that every pack is there.",
            "Ends with 65 when something is damaged, and names what cannot be restored."
        },
        mixinStandardHelpOptions = true)
final class CheckCommand extends RepositoryCommand {
    @Option(names = "--read-data", description = "Also read and verify every stored byte.")
    private boolean readData;

    @Option(
            names = "--repair",
            description =
                    "Read everything, make the index again and set damaged packs aside. Storing the same files again then"
                            + " brings back what is lost.")
    private boolean repair;

    @Override
    ExitCode run(Repository store) {
        ProgressLine progress = new ProgressLine(err(), "packs");
        CheckReport report = repair
                ? store.repair(progress)
                : store.check(readData ? CheckDepth.ALL_DATA : CheckDepth.STRUCTURE, progress);
        progress.done();
        if (json()) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("sound", report.sound());
            object.put("snapshots", report.snapshots());
            object.put("packs", report.packs());
            object.put("chunks", report.chunks());
            object.put("bytes", report.bytes());
            object.put("problems", report.problems());
            object.put("lost", report.lost());
            object.put("lostCount", report.lostCount());
            Output.json(out(), object);
        } else {
            report.problems().forEach(p -> out().println("problem: " + p));
            report.lost().forEach(l -> out().println("lost: " + l));
            out().printf(
                            "%,d snapshots, %,d packs, %,d chunks, %,d stored bytes: %s%n",
                            report.snapshots(),
                            report.packs(),
                            report.chunks(),
                            report.bytes(),
                            report.sound() ? "sound" : report.lostCount() + " entries cannot be restored");
        }
        return report.sound() ? ExitCode.OK : ExitCode.DATA;
    }
}
