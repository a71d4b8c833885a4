package online.hypermesh.node.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import online.hypermesh.api.content.StoreStatistics;
import online.hypermesh.impl.content.repository.Repository;
import picocli.CommandLine.Command;

/** {@code stats}: what a local repository amounts to. */
@Command(name = "stats", description = "Show what a local repository amounts to.", mixinStandardHelpOptions = true)
final class StatsCommand extends RepositoryCommand {
    @Override
    ExitCode run(Repository store) {
        StoreStatistics stats = store.statistics();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("domain", store.domain().name().toLowerCase(Locale.ROOT));
        object.put("profile", stats.profile());
        object.put("snapshots", stats.snapshots());
        object.put("packs", stats.packs());
        object.put("packBytes", stats.packBytes());
        object.put("chunks", stats.chunks());
        object.put("indexBytes", stats.indexBytes());
        object.put("quotaBytes", stats.quotaBytes());
        if (json()) {
            Output.json(out(), object);
        } else {
            object.forEach((name, value) -> out().printf("%-12s %s%n", name, value));
        }
        return ExitCode.OK;
    }
}
