package online.hypermesh.node.cli;

import java.util.List;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.impl.content.repository.Repository;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code snapshots}: lists or deletes snapshots. */
@Command(
        name = "snapshots",
        description = "List the snapshots of a local repository, oldest first, or delete one.",
        mixinStandardHelpOptions = true)
final class SnapshotsCommand extends RepositoryCommand {
    @Option(
            names = "--delete",
            paramLabel = "SNAPSHOT",
            description = "Delete this snapshot; its space comes back with gc.")
    private @Nullable String delete;

    @Override
    ExitCode run(Repository store) {
        if (delete != null) {
            Snapshot snapshot = RepositoryOptions.snapshot(store, delete);
            store.delete(snapshot.id());
            if (json()) {
                Output.json(out(), LocalStoring.snapshot(snapshot));
            } else {
                out().println("deleted snapshot " + snapshot.id());
            }
            return ExitCode.OK;
        }
        List<Snapshot> snapshots = store.snapshots();
        if (json()) {
            Output.json(out(), snapshots.stream().map(LocalStoring::snapshot).toList());
        } else {
            for (Snapshot s : snapshots) {
                out().printf(
                                "%s  %s  %,15d bytes  %,9d files  %s %s%n",
                                s.id(), s.time(), s.bytes(), s.files(), s.label(), s.origins());
            }
        }
        return ExitCode.OK;
    }
}
