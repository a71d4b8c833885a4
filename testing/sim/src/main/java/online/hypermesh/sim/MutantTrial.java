package online.hypermesh.sim;

/** Runs one schedule of a broken core and says how it was noticed. Loaded anew with every broken core. */
public final class MutantTrial {
    private MutantTrial() {}

    /**
     * Runs a schedule in which nothing goes wrong, and looks only at what its users would notice.
     *
     * @param seed the seed
     * @return what was noticed; empty for nothing
     */
    public static String happyPath(long seed) {
        return noticed(() -> Simulation.run(seed * Scenario.KINDS, Scenario.of(0), false));
    }

    /**
     * Runs a schedule with everything that goes wrong in it, and looks at every invariant.
     *
     * @param seed the seed
     * @return what was noticed; empty for nothing
     */
    public static String schedule(long seed) {
        return noticed(() -> Simulation.run(seed));
    }

    /**
     * Runs a schedule of twins, and looks at every invariant.
     *
     * @param number the schedule
     * @return what was noticed; empty for nothing
     */
    public static String twins(long number) {
        return noticed(() -> Simulation.runTwins(number));
    }

    /**
     * Explores what a broken core can reach.
     *
     * @param maxStates most states of each exploration
     * @return the first thing that must not be and where it was found; empty for nothing
     */
    public static String explored(long maxStates) {
        for (Exploration.Bounds bounds : Exploration.standard((int) maxStates)) {
            Exploration.Found found = Exploration.run(bounds);
            if (!found.violation().isEmpty()) {
                return bounds.name() + ", state " + found.states() + ", " + found.violation();
            }
        }
        return "";
    }

    private static String noticed(Runnable run) {
        try {
            run.run();
            return "";
        } catch (SimFailure e) {
            return e.invariant();
        } catch (RuntimeException e) {
            return e.getClass().getSimpleName();
        }
    }
}
