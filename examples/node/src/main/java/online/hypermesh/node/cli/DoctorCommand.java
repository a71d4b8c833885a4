package online.hypermesh.node.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import online.hypermesh.node.network.LocalNetwork;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code doctor}: whether this machine can run a network. */
@Command(
        name = "doctor",
        description = {
            "Check what a network needs on this machine: JDK, native transport, IPv6, socket buffers, disk, clock, ports, locks.",
            "Ends with 0 when nothing failed; a warning is not a failure."
        },
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(
            names = "--home",
            paramLabel = "DIR",
            description = "Where networks live. Without it: HYPERMESH_HOME, else .hypermesh in the home directory.")
    private @Nullable Path home;

    @Override
    public Integer call() {
        Path directory = Optional.ofNullable(home).orElseGet(() -> LocalNetwork.home(System.getenv()));
        List<Checkup.Finding> findings = new Checkup(directory).all();
        boolean healthy = findings.stream().noneMatch(f -> f.state() == Checkup.State.FAILED);
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("ok", healthy);
            object.put(
                    "checks",
                    findings.stream()
                            .map(f -> {
                                Map<String, Object> row = new LinkedHashMap<>();
                                row.put("check", f.check());
                                row.put("state", f.state().name().toLowerCase(java.util.Locale.ROOT));
                                row.put("detail", f.detail());
                                return row;
                            })
                            .toList());
            Output.json(spec.commandLine().getOut(), object);
        } else {
            for (Checkup.Finding f : findings) {
                spec.commandLine().getOut().printf("%-8s %-16s %s%n", f.state(), f.check(), f.detail());
            }
        }
        return healthy ? ExitCode.OK.code() : ExitCode.FAILED.code();
    }
}
