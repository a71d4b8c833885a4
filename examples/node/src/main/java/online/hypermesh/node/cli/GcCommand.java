package online.hypermesh.node.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import online.hypermesh.api.content.GarbageReport;
import online.hypermesh.impl.content.repository.Repository;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gc}: deletes what no snapshot needs. */
@Command(
        name = "gc",
        description = {
            "Delete what no snapshot of a local repository needs.",
            "Without --grace at once, which needs the repository alone (ends with 68 while somebody uses it). With it, garbage"
                    + " is condemned now and deleted by a later gc; others may write meanwhile."
        },
        mixinStandardHelpOptions = true)
final class GcCommand extends RepositoryCommand {
    @Option(
            names = "--grace",
            paramLabel = "DURATION",
            defaultValue = "PT0S",
            description = "How long condemned packs are kept, such as PT24H.")
    private Duration grace = Duration.ZERO;

    @Override
    ExitCode run(Repository store) {
        ProgressLine progress = new ProgressLine(err(), "packs and chunks");
        GarbageReport report = store.collectGarbage(grace, progress);
        progress.done();
        if (json()) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("livePacks", report.livePacks());
            object.put("condemnedPacks", report.condemnedPacks());
            object.put("deletedPacks", report.deletedPacks());
            object.put("deletedBytes", report.deletedBytes());
            object.put("movedChunks", report.movedChunks());
            object.put("waitingPacks", report.waitingPacks());
            Output.json(out(), object);
        } else {
            out().printf(
                            "deleted %,d packs, %,d bytes; %,d packs needed, %,d chunks moved, %,d packs wait%n",
                            report.deletedPacks(),
                            report.deletedBytes(),
                            report.livePacks(),
                            report.movedChunks(),
                            report.waitingPacks());
        }
        return ExitCode.OK;
    }
}
