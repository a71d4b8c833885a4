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
