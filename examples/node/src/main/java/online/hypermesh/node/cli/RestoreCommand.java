package online.hypermesh.node.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import online.hypermesh.api.content.RestoreReport;
import online.hypermesh.impl.content.repository.Repository;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code restore}: writes a part of a snapshot to a directory. */
@Command(
        name = "restore",
        description = {
            "Restore a snapshot, or a part of it, from a local repository into a directory.",
            "Never writes outside of it. Ends with 1 when something could not be restored; everything else then is."
        },
        mixinStandardHelpOptions = true)
final class RestoreCommand extends RepositoryCommand {
    @Parameters(
            paramLabel = "SNAPSHOT[:PATH]",
            description = "A snapshot's id, its first digits, or latest; and a path in it.")
    private String part = "";

    @Option(names = "--target", paramLabel = "DIR", required = true, description = "Where to; created if needed.")
    private Path target = Path.of("");

    @Option(names = "--overwrite", description = "Replace files that exist.")
    private boolean overwrite;

    @Override
    ExitCode run(Repository store) {
        RepositoryOptions.Part found = RepositoryOptions.part(store, part);
        ProgressLine progress = new ProgressLine(err(), "files");
        RestoreReport report = store.restore(found.snapshot().id(), found.path(), target, overwrite, progress);
        progress.done();
        report.failed().forEach(line -> err().println("hypermesh: not restored: " + line));
        if (json()) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("snapshot", found.snapshot().id().hex());
            object.put("files", report.files());
            object.put("directories", report.directories());
            object.put("symlinks", report.symlinks());
            object.put("bytes", report.bytes());
            object.put("failed", report.failedCount());
            object.put("restoreMs", progress.millis());
            Output.json(out(), object);
        } else {
            out().printf(
                            "restored %,d files, %,d directories, %,d links, %,d bytes in %,d ms; %,d failed%n",
                            report.files(),
                            report.directories(),
                            report.symlinks(),
                            report.bytes(),
                            progress.millis(),
                            report.failedCount());
        }
        return report.failedCount() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }
}
