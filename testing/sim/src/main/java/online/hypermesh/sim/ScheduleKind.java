package online.hypermesh.sim;

import java.util.Locale;

/** What a run's seeds stand for. */
enum ScheduleKind {
    /** One schedule in {@value #EVERY} is of faults, the others are of twins. */
    ALL,
    /** {@link Simulation#run(long)}. */
    FAULTS,
    /** {@link Simulation#runTwins(long)}. */
    TWINS;

    private static final int EVERY = 16;

    /**
     * The kind of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    static ScheduleKind named(String name) {
        for (ScheduleKind kind : values()) {
            if (kind.label().equals(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("--kind wants all, faults or twins, got \"" + name + "\"");
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one kind of the schedule of a seed. */
    ScheduleKind of(long seed) {
        if (this != ALL) {
            return this;
        }
        return seed % EVERY == 0 ? FAULTS : TWINS;
    }

    /** The number that the schedule of a seed has among those of its kind. */
    long seed(long seed) {
        if (this != ALL) {
            return seed;
        }
        return seed % EVERY == 0 ? seed / EVERY : seed - seed / EVERY - 1;
    }

    /** Runs a schedule of one kind. */
    static Simulation.Result run(ScheduleKind kind, long seed) {
        return kind == TWINS ? Simulation.runTwins(seed) : Simulation.run(seed);
    }
}
