package online.hypermesh.sim;

import java.util.SplittableRandom;

/**
 * What goes wrong in one run.
 *
 * @param stakes stake of every validator
 * @param lossPercent messages lost
 * @param duplicatePercent messages delivered twice
 * @param maxDelayMillis longest delay of a message; delays are drawn anew for each, so messages overtake each other
 * @param crashPerMille chance of a power failure before an action
 * @param partitions whether links are cut, in one direction or both, for random spans
 * @param wipes whether one node at a time loses its disk
 * @param byzantine index of a validator that equivocates; -1 for none
 * @param faultyMillis how long things go wrong, in virtual milliseconds
 * @param mutant what is broken deliberately
 */
public record Scenario(
        long[] stakes,
        int lossPercent,
        int duplicatePercent,
        int maxDelayMillis,
        int crashPerMille,
        boolean partitions,
        boolean wipes,
        int byzantine,
        int faultyMillis,
        Mutant mutant) {
    /**
     * A scenario for a seed; the last decimal digit of the seed selects the kind.
     *
     * @param seed the seed
     * @return the scenario
     */
    public static Scenario of(long seed) {
        SplittableRandom r = new SplittableRandom(seed ^ 0x5eed);
        int kind = (int) Math.floorMod(seed, 10);
        long[] four = {1, 1, 1, 1};
        int loss = r.nextInt(25);
        int duplicates = r.nextInt(20);
        int delay = 5 + r.nextInt(120);
        int crash = 2 + r.nextInt(10);
        return switch (kind) {
            case 0 -> new Scenario(four, 0, 0, 3, 0, false, false, -1, 3_000, Mutant.NONE);
            case 1, 2 -> new Scenario(four, loss, duplicates, delay, 0, false, false, -1, 6_000, Mutant.NONE);
            case 3, 4 -> new Scenario(four, loss, duplicates, delay, crash, false, false, -1, 8_000, Mutant.NONE);
            case 5 -> new Scenario(four, loss, duplicates, delay, 0, true, false, -1, 10_000, Mutant.NONE);
            case 6 -> new Scenario(four, loss / 2, duplicates, delay, crash, true, true, -1, 10_000, Mutant.NONE);
            case 7 ->
                new Scenario(four, loss / 2, duplicates, delay, 0, true, false, r.nextInt(4), 10_000, Mutant.NONE);
            case 8 -> {
                long[] stakes = new long[4 + r.nextInt(4)];
                for (int i = 0; i < stakes.length; i++) {
                    stakes[i] = 1L + r.nextInt(5);
                }
                yield new Scenario(stakes, loss, duplicates, delay, crash, true, false, -1, 10_000, Mutant.NONE);
            }
            default ->
                new Scenario(four, loss, duplicates, delay, crash, true, false, r.nextInt(4), 10_000, Mutant.NONE);
        };
    }

    /**
     * The same with a deliberate break.
     *
     * @param broken what is broken
     * @return the scenario
     */
    public Scenario with(Mutant broken) {
        return new Scenario(
                stakes,
                lossPercent,
                duplicatePercent,
                maxDelayMillis,
                crashPerMille,
                partitions,
                wipes,
                byzantine,
                faultyMillis,
                broken);
    }
}
