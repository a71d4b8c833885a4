package online.hypermesh.sim;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The command {@code hypermesh sim explore}: visits states and says how many there are and what must not be among them. */
final class ExploreCommand {
    private static final String USAGE = """
            Usage: hypermesh sim explore [options]
            Visits every state four validators can reach, one of which lies, within bounds of views, timeouts and messages.

              --states N    most states of each exploration (default 300000, which a heap of 1.5 GiB holds)
              --only A,B    only explorations or deliberate errors with these names (default: all explorations)
              --mutants     explore the deliberate protocol errors instead, and say which are found
              --root DIR    the repository, whose sources the mutants change (default: the current directory)
              --json        print one JSON object on standard output

            Exit codes: 0 nothing that must not be (with --mutants: at least three found), 1 otherwise, 64 wrong usage
            """;
    private static final int MUTANTS_TO_FIND = 3;

    private int states = 300_000;
    private boolean mutants;
    private boolean json;
    private List<String> only = List.of();
    private Path root = Path.of("");

    private ExploreCommand() {}

    static int run(List<String> args, PrintStream out, PrintStream err) {
        if (args.contains("--help") || args.contains("-h")) {
            out.print(USAGE);
            return 0;
        }
        ExploreCommand command = new ExploreCommand();
        try {
            command.parse(args);
        } catch (IllegalArgumentException e) {
            err.println("hypermesh sim: " + e.getMessage());
            err.print(USAGE);
            return 64;
        }
        return command.mutants ? command.exploreMutants(out, err) : command.explore(out, err);
    }

    private void parse(List<String> args) {
        for (int i = 0; i < args.size(); i++) {
            String option = args.get(i);
            if (option.equals("--json")) {
                json = true;
            } else if (option.equals("--mutants")) {
                mutants = true;
            } else if (i + 1 == args.size()) {
                throw new IllegalArgumentException(option + " is unknown or lacks its value");
            } else if (option.equals("--states")) {
                states = Integer.parseInt(args.get(++i));
            } else if (option.equals("--only")) {
                only = List.of(args.get(++i).split(","));
            } else if (option.equals("--root")) {
                root = Path.of(args.get(++i));
            } else {
                throw new IllegalArgumentException(option + " is unknown");
            }
        }
        if (states < 1) {
            throw new IllegalArgumentException("--states must be >= 1, was " + states);
        }
    }

    private int explore(PrintStream out, PrintStream err) {
        List<String> shown = new ArrayList<>();
        boolean sound = true;
        for (Exploration.Bounds bounds : Exploration.standard(states)) {
            if (!only.isEmpty() && !only.contains(bounds.name())) {
                continue;
            }
            long begun = System.nanoTime();
            Exploration.Found found = Exploration.run(bounds);
            double seconds = (System.nanoTime() - begun) / 1e9;
            sound &= found.violation().isEmpty();
            err.printf(
                    Locale.ROOT,
                    "%s: %d states%s, %d transitions, %d states of one core, %d messages, %.1f s%n",
                    bounds.name(),
                    found.states(),
                    found.complete() ? ", all there are" : "",
                    found.transitions(),
                    found.nodeStates(),
                    found.messages(),
                    seconds);
            if (!found.violation().isEmpty()) {
                err.println("  " + found.violation());
                found.path().forEach(step -> err.println("    " + step));
            }
            shown.add(String.format(
                    Locale.ROOT,
                    "{\"name\":\"%s\",\"states\":%d,\"complete\":%s,\"transitions\":%d,\"core_states\":%d,"
                            + "\"messages\":%d,\"violations\":%d,\"seconds\":%.1f}",
                    bounds.name(),
                    found.states(),
                    found.complete(),
                    found.transitions(),
                    found.nodeStates(),
                    found.messages(),
                    found.violation().isEmpty() ? 0 : 1,
                    seconds));
        }
        if (json) {
            out.println("{\"sim\":\"explore\",\"explorations\":[" + String.join(",", shown) + "]}");
        }
        return sound ? 0 : 1;
    }

    private int exploreMutants(PrintStream out, PrintStream err) {
        MutantLab lab = new MutantLab(root.toAbsolutePath(), 1);
        List<String> found = new ArrayList<>();
        int tried = 0;
        for (ProtocolMutant mutant : ProtocolMutant.all()) {
            if (!only.isEmpty() && !only.contains(mutant.name())) {
                continue;
            }
            tried++;
            String what = lab.explore(mutant, states);
            err.println("mutant " + mutant.name() + ": " + (what.isEmpty() ? "not found" : what));
            if (!what.isEmpty()) {
                found.add(mutant.name());
            }
        }
        if (json) {
            out.println("{\"sim\":\"explore\",\"mutants\":" + tried + ",\"mutants_found\":"
                    + found.stream().map(name -> "\"" + name + "\"").collect(Collectors.joining(",", "[", "]")) + "}");
        }
        return found.size() >= MUTANTS_TO_FIND ? 0 : 1;
    }
}
