package online.hypermesh.sim.dht;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import online.hypermesh.impl.dht.DhtSettings;

/** The command {@code hypermesh sim dht}: runs the scenarios and says how they went. */
public final class DhtCommand {
    private static final String USAGE = """
            Usage: hypermesh sim dht [options]
            Runs the production core of the distributed hash table on a seeded network.

              --nodes N      nodes (default 10000)
              --searches N   searches with 30 % of all table entries stale (default 3000)
              --records N    records written and read under churn and among liars (default 300)
              --seed S       seed (default 1); equal seeds give equal trace hashes on every JDK
              --only A,B     of the scenarios stale, churn, byzantine (default: all)
              --json         print one JSON object on standard output

            Exit codes: 0 every goal was reached, 1 otherwise, 64 wrong usage
            """;

    private int nodes = 10_000;
    private int searches = 3000;
    private int records = 300;
    private long seed = 1;
    private List<String> only = List.of("stale", "churn", "byzantine");
    private boolean json;
    private boolean good = true;

    private DhtCommand() {}

    /**
     * Runs the command.
     *
     * @param args options
     * @param out results
     * @param err complaints
     * @return the exit code
     */
    public static int run(List<String> args, PrintStream out, PrintStream err) {
        DhtCommand command = new DhtCommand();
        try {
            command.parse(args);
        } catch (IllegalArgumentException e) {
            err.println("hypermesh sim: " + e.getMessage());
            err.print(USAGE);
            return 64;
        }
        return command.execute(out);
    }

    private void parse(List<String> args) {
        for (int i = 0; i < args.size(); i++) {
            String option = args.get(i);
            if (option.equals("--json")) {
                json = true;
                continue;
            }
            if (i + 1 == args.size()) {
                throw new IllegalArgumentException(option + " is unknown or lacks its value");
            }
            String value = args.get(++i);
            switch (option) {
                case "--nodes" -> nodes = number(option, value, 50);
                case "--searches" -> searches = number(option, value, 20);
                case "--records" -> records = number(option, value, 1);
                case "--seed" -> seed = number(option, value, 0);
                case "--only" -> only = List.of(value.split(","));
                case "--root" -> {
                    // the launcher names the repository for the other simulation; nothing here reads it
                }
                default -> throw new IllegalArgumentException(option + " is unknown");
            }
        }
        for (String name : only) {
            if (!List.of("stale", "churn", "byzantine").contains(name)) {
                throw new IllegalArgumentException("there is no scenario \"" + name + "\"");
            }
        }
    }

    private static int number(String option, String value, int least) {
        int number;
        try {
            number = Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + " wants a number, got \"" + value + "\"", e);
        }
        if (number < least) {
            throw new IllegalArgumentException(option + " must be at least " + least + ", was " + number);
        }
        return number;
    }

    private int execute(PrintStream out) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("nodes", Integer.toString(nodes));
        fields.put("seed", Long.toString(seed));
        if (only.contains("stale")) {
            DhtScenarios.Searches plain = DhtScenarios.stale(nodes, searches, DhtSettings.Timing.PLAIN, seed);
            DhtScenarios.Searches own = DhtScenarios.stale(nodes, searches, DhtSettings.Timing.ADAPTIVE, seed);
            searches("plain", plain, fields);
            searches("stale", own, fields);
            goal("dht_p95_ratio", own.p95Millis() / plain.p95Millis(), 0, 0.4, fields);
            goal("dht_messages_ratio", own.messages() / plain.messages(), 0, 2, fields);
        }
        if (only.contains("churn")) {
            DhtScenarios.Reads reads = DhtScenarios.churn(nodes, records, records * 10, seed);
            reads("churn", reads, fields);
            goal("dht_success_churn", 100 * reads.success(), 99.9, 100, fields);
        }
        if (only.contains("byzantine")) {
            DhtScenarios.Reads reads = DhtScenarios.byzantine(nodes, records, seed);
            reads("byzantine", reads, fields);
            goal("dht_success_byzantine", 100 * reads.success(), 99, 100, fields);
        }
        if (json) {
            out.println(fields.entrySet().stream()
                    .map(e -> "\"" + e.getKey() + "\":" + e.getValue())
                    .collect(Collectors.joining(",", "{\"sim\":\"dht\",", "}")));
        } else {
            fields.forEach((name, value) -> out.printf("%-24s %s%n", name, value));
        }
        return good ? 0 : 1;
    }

    private void goal(String name, double value, double least, double most, Map<String, String> fields) {
        fields.put(name, decimal(value));
        good &= value >= least && value <= most;
    }

    private static void searches(String name, DhtScenarios.Searches s, Map<String, String> fields) {
        fields.put(name + "_found_percent", decimal(100 * s.found()));
        fields.put(name + "_p50_ms", decimal(s.p50Millis()));
        fields.put(name + "_p95_ms", decimal(s.p95Millis()));
        fields.put(name + "_messages", decimal(s.messages()));
        fields.put(name + "_trace", "\"" + s.traceHash() + "\"");
    }

    private static void reads(String name, DhtScenarios.Reads r, Map<String, String> fields) {
        fields.put(name + "_reads", Integer.toString(r.reads()));
        fields.put(name + "_p50_ms", decimal(r.p50Millis()));
        fields.put(name + "_p95_ms", decimal(r.p95Millis()));
        fields.put(name + "_messages", Long.toString(r.messages()));
        fields.put(name + "_trace", "\"" + r.traceHash() + "\"");
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
