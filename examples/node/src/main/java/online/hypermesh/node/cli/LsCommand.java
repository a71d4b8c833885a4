package online.hypermesh.node.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import online.hypermesh.api.content.TreeEntry;
import online.hypermesh.impl.content.repository.Repository;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ls}: lists what is in a snapshot. */
@Command(
        name = "ls",
        description = "List entries of a snapshot; with --json one object per line.",
        mixinStandardHelpOptions = true)
final class LsCommand extends RepositoryCommand {
    @Parameters(
            paramLabel = "SNAPSHOT[:PATH]",
            description =
                    "A snapshot's id, its first digits, or latest; and a path in it. Bytes of names that are no text are"
                            + " written \\xHH.")
    private String part = "";

    @Option(names = "--recursive", description = "Also what lies below.")
    private boolean recursive;

    @Override
    ExitCode run(Repository store) {
        RepositoryOptions.Part found = RepositoryOptions.part(store, part);
        store.list(found.snapshot().id(), found.path(), recursive, this::print);
        out().flush();
        return ExitCode.OK;
    }

    private void print(TreeEntry entry) {
        if (json()) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("path", entry.path().toString());
            object.put("kind", entry.kind().name().toLowerCase(Locale.ROOT));
            object.put("mode", String.format("%04o", entry.mode()));
            object.put("modified", entry.modified().toString());
            object.put("bytes", entry.size());
            if (entry.kind() == TreeEntry.Kind.SYMLINK) {
                object.put("target", entry.target());
            }
            Output.json(out(), object);
        } else {
            char kind = "-dl".charAt(entry.kind().ordinal());
            out().printf(
                            "%c%04o %,15d  %s  %s%s%n",
                            kind,
                            entry.mode(),
                            entry.size(),
                            entry.modified(),
                            entry.path(),
                            entry.kind() == TreeEntry.Kind.SYMLINK ? " -> " + entry.target() : "");
        }
    }
}
