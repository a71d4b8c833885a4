package online.hypermesh.sim;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import online.hypermesh.sim.dht.DhtCommand;
import org.jspecify.annotations.Nullable;

/** The command {@code hypermesh sim consensus}: runs schedules and mutants and says what happened. */
public final class SimCommand {
    private static final String USAGE = """
            Usage: hypermesh sim consensus [options]
                   hypermesh sim explore [options]; see hypermesh sim explore --help
                   hypermesh sim dht [options]; an unknown option lists them
            Runs the production consensus core under seeded networks, disks, clocks and faulty validators.

              --seeds N     schedules to run (default 1000; without end when --minutes is given)
              --kind K      faults: 24 kinds of networks, disks, clocks, liars and epochs, some seconds of virtual time each;
                            twins: one of four validators runs twice, the machines are divided anew in each of seven views;
                            all: of sixteen schedules one of faults, the others of twins (default)
              --minutes M   stop after this many minutes (default: no limit)
              --first S     first seed (default 0); a failing seed is repeated with --first S --seeds 1, and --kind
              --threads T   schedules at a time (default: processors)
              --mutants N   also try the deliberate protocol errors, N schedules each at most (default 600; 0: none),
                            of faults unless --kind is twins
              --only A,B    of them, only those with these names (default: all)
              --root DIR    the repository, whose sources the mutants change (default: the current directory)
              --json        print one JSON object on standard output

            Exit codes: 0 no violation and every mutant noticed, 1 otherwise, 64 wrong usage,
                        70 the simulator itself broke: "broken" in the result says how, and nothing was shown
            """;

    private static final int BROKEN = 70;

    private long seeds = -1;
    private double minutes;
    private long first;
    private int threads = Runtime.getRuntime().availableProcessors();
    private int mutantSeeds = 600;
    private Path root = Path.of("");
    private List<String> only = List.of();
    private boolean json;
    private ScheduleKind kind = ScheduleKind.ALL;

    private final Map<ScheduleKind, Long> schedulesOf = new EnumMap<>(ScheduleKind.class);
    private final Map<ScheduleKind, Long> nanosOf = new EnumMap<>(ScheduleKind.class);
    private long steps;
    private long blocks;
    private long equivocations;
    private long answers;
    private long slowestHealMillis;
    private final Map<String, Long> faults = new TreeMap<>();
    private final Map<Long, String> violations = new TreeMap<>();

    private final BiFunction<ScheduleKind, Long, Simulation.Result> runner;
    private @Nullable Throwable broken;

    private SimCommand(BiFunction<ScheduleKind, Long, Simulation.Result> runner) {
        this.runner = runner;
    }

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /**
     * Runs the command.
     *
     * @param args see {@code --help}
     * @param out results
     * @param err progress and complaints
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return run(args, out, err, ScheduleKind::run);
    }

    /** With another way to run the schedule of a seed. */
    static int run(
            String[] args, PrintStream out, PrintStream err, BiFunction<ScheduleKind, Long, Simulation.Result> runner) {
        if (args.length > 0 && args[0].equals("dht") && !List.of(args).contains("--help")) {
            return DhtCommand.run(List.of(args).subList(1, args.length), out, err);
        }
        if (args.length > 0 && args[0].equals("explore")) {
            return ExploreCommand.run(List.of(args).subList(1, args.length), out, err);
        }
        SimCommand command = new SimCommand(runner);
        List<String> given = new ArrayList<>(List.of(args));
        if (given.contains("--help") || given.contains("-h")) {
            out.print(USAGE);
            return 0;
        }
        if (given.isEmpty() || !given.remove(0).equals("consensus")) {
            err.print(USAGE);
            return 64;
        }
        try {
            command.parse(given);
        } catch (IllegalArgumentException e) {
            err.println("hypermesh sim: " + e.getMessage() + "; see hypermesh sim --help");
            return 64;
        }
        return command.execute(out, err);
    }

    private void parse(List<String> given) {
        for (int i = 0; i < given.size(); i++) {
            String option = given.get(i);
            if (option.equals("--json")) {
                json = true;
                continue;
            }
            if (i + 1 == given.size()) {
                throw new IllegalArgumentException(option + " is unknown or lacks its value");
            }
            String value = given.get(++i);
            try {
                switch (option) {
                    case "--seeds" -> seeds = atLeast(0, Long.parseLong(value), option);
                    case "--minutes" -> minutes = Double.parseDouble(value);
                    case "--first" -> first = atLeast(0, Long.parseLong(value), option);
                    case "--threads" -> threads = (int) atLeast(1, Integer.parseInt(value), option);
                    case "--mutants" -> mutantSeeds = (int) atLeast(0, Integer.parseInt(value), option);
                    case "--only" -> only = List.of(value.split(","));
                    case "--kind" -> kind = ScheduleKind.named(value);
                    case "--root" -> root = Path.of(value);
                    default -> throw new IllegalArgumentException(option + " is unknown");
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(option + " wants a number, got \"" + value + "\"", e);
            }
        }
        if (minutes < 0 || Double.isNaN(minutes)) {
            throw new IllegalArgumentException("--minutes must be >= 0, was " + minutes);
        }
        if (seeds < 0) {
            seeds = minutes > 0 ? Long.MAX_VALUE - first : 1000;
        }
    }

    private static long atLeast(long least, long value, String option) {
        if (value < least) {
            throw new IllegalArgumentException(option + " must be >= " + least + ", was " + value);
        }
        return value;
    }

    private int execute(PrintStream out, PrintStream err) {
        long begun = System.nanoTime();
        long end = minutes > 0 ? begun + (long) (minutes * TimeUnit.MINUTES.toNanos(1)) : Long.MAX_VALUE;
        schedules(end, err);
        double seconds = Math.max(1, System.nanoTime() - begun) / 1e9;
        Throwable defect = broken;
        List<MutantLab.Trial> trials = mutantSeeds == 0 || defect != null ? List.of() : mutants(err);
        report(out, seconds, trials);
        if (defect != null) {
            err.println("hypermesh sim: the simulator broke, so nothing is shown by this run: " + defect
                    + ". Build it anew: mvn -Dquick -pl testing/sim -am package");
            return BROKEN;
        }
        boolean allNoticed = trials.stream().noneMatch(t -> t.fate() == MutantLab.Fate.SURVIVED);
        return violations.isEmpty() && allNoticed ? 0 : 1;
    }

    // ---------------------------------------------------------------- schedules

    private void schedules(long end, PrintStream err) {
        AtomicLong next = new AtomicLong(first);
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread worker = new Thread(() -> work(next, end, err), "sim-" + i);
            workers.add(worker);
            worker.start();
        }
        for (Thread worker : workers) {
            boolean interrupted = false;
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    next.set(Long.MAX_VALUE);
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void work(AtomicLong next, long end, PrintStream err) {
        try {
            runSchedules(next, end, err);
        } catch (Error e) {
            synchronized (this) {
                broken = broken == null ? e : broken;
            }
            e.printStackTrace(err);
        } finally {
            next.set(Long.MAX_VALUE); // whoever ends first found nothing left to do, or must end the others
        }
    }

    private void runSchedules(AtomicLong next, long end, PrintStream err) {
        long seed = next.getAndIncrement();
        while (seed >= first && seed - first < seeds && (end == Long.MAX_VALUE || System.nanoTime() - end < 0)) {
            ScheduleKind one = kind.of(seed);
            long begun = System.nanoTime();
            try {
                add(runner.apply(one, kind.seed(seed)));
            } catch (RuntimeException e) {
                String what = e instanceof SimFailure ? String.valueOf(e.getMessage()) : e.toString();
                synchronized (this) {
                    violations.put(seed, what);
                }
                err.println("seed " + seed + " (" + one.label() + " " + kind.seed(seed) + "): " + what);
            }
            took(one, System.nanoTime() - begun);
            seed = next.getAndIncrement();
        }
    }

    private synchronized void took(ScheduleKind one, long nanos) {
        schedulesOf.merge(one, 1L, Long::sum);
        nanosOf.merge(one, nanos, Long::sum);
    }

    private synchronized void add(Simulation.Result r) {
        steps += r.steps();
        blocks += r.finalizedHeight();
        equivocations += r.evidence();
        answers += r.answers();
        slowestHealMillis = Math.max(slowestHealMillis, r.healMillis());
        r.faults().forEach((kind, count) -> faults.merge(kind, count, Long::sum));
    }

    // ---------------------------------------------------------------- mutants

    private List<MutantLab.Trial> mutants(PrintStream err) {
        MutantLab lab = new MutantLab(root.toAbsolutePath(), mutantSeeds, kind);
        List<MutantLab.Trial> trials = new ArrayList<>();
        for (ProtocolMutant mutant : ProtocolMutant.all()) {
            if (!only.isEmpty() && !only.contains(mutant.name())) {
                continue;
            }
            MutantLab.Trial trial = lab.run(mutant);
            trials.add(trial);
            err.println("mutant " + mutant.name() + ": " + trial.fate() + " after " + trial.seeds() + " schedules "
                    + trial.noticed());
        }
        return trials;
    }

    private static long count(List<MutantLab.Trial> trials, MutantLab.Fate fate) {
        return trials.stream().filter(t -> t.fate() == fate).count();
    }

    // ---------------------------------------------------------------- report

    private void report(PrintStream out, double seconds, List<MutantLab.Trial> trials) {
        long killed = count(trials, MutantLab.Fate.KILLED);
        long survived = count(trials, MutantLab.Fate.SURVIVED);
        Map<String, String> fields = new java.util.LinkedHashMap<>();
        Throwable defect = broken;
        if (defect != null) {
            fields.put("broken", quoted(defect.toString()));
        }
        long schedules =
                schedulesOf.values().stream().mapToLong(Long::longValue).sum();
        fields.put("schedules", Long.toString(schedules));
        fields.put("first_seed", Long.toString(first));
        fields.put("steps", Long.toString(steps));
        fields.put("blocks", Long.toString(blocks));
        fields.put("equivocations", Long.toString(equivocations));
        fields.put("client_answers", Long.toString(answers));
        fields.put("slowest_heal_ms", Long.toString(slowestHealMillis));
        fields.put("faults", object(faults));
        fields.put("violations", defect == null ? Integer.toString(violations.size()) : "null");
        fields.put("violated", strings(violations));
        fields.put("schedules_per_s", rate(schedules, seconds));
        schedulesOf.forEach((one, count) -> {
            fields.put(one.label() + "_schedules", Long.toString(count));
            // What the threads would have done in a second, had they done nothing else.
            fields.put(one.label() + "_per_s", rate(count * threads, nanosOf.getOrDefault(one, 1L) / 1e9));
        });
        if (mutantSeeds > 0) {
            Map<String, Long> toKill = new TreeMap<>();
            trials.stream()
                    .filter(t -> t.fate() == MutantLab.Fate.KILLED)
                    .forEach(t -> toKill.put(t.mutant().name(), (long) t.seeds()));
            fields.put("mutants", Long.toString(killed + survived));
            fields.put("mutants_killed", Long.toString(killed));
            fields.put("mutants_not_counted", Long.toString(count(trials, MutantLab.Fate.OBVIOUS)));
            fields.put("seeds_to_kill", object(toKill));
            fields.put(
                    "survivors",
                    trials.stream()
                            .filter(t -> t.fate() == MutantLab.Fate.SURVIVED)
                            .map(t -> quoted(t.mutant().name()))
                            .collect(Collectors.joining(",", "[", "]")));
        }
        if (json) {
            out.println(fields.entrySet().stream()
                    .map(e -> quoted(e.getKey()) + ":" + e.getValue())
                    .collect(Collectors.joining(",", "{\"sim\":\"consensus\",", "}")));
        } else {
            fields.forEach((name, value) -> out.printf("%-20s %s%n", name, value));
        }
    }

    private static String rate(long count, double seconds) {
        return String.format(java.util.Locale.ROOT, "%.1f", count / seconds);
    }

    private static String object(Map<String, Long> map) {
        return map.entrySet().stream()
                .map(e -> quoted(e.getKey()) + ":" + e.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String strings(Map<Long, String> map) {
        return map.entrySet().stream()
                .map(e -> quoted(e.getKey().toString()) + ":" + quoted(e.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String quoted(String text) {
        StringBuilder s = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                s.append('\\').append(c);
            } else if (c < ' ') {
                s.append(String.format("\\u%04x", (int) c));
            } else {
                s.append(c);
            }
        }
        return s.append('"').toString();
    }
}
