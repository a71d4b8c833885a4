package online.hypermesh.sim;

import java.util.Set;
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
 * @param wipes whether one node at a time loses its disk, at any moment or at the worst one
 * @param byzantine bit i is set for a validator that misbehaves; together they have less than a third of the stake
 * @param tactics how they misbehave
 * @param faultyMillis how long things go wrong, in virtual milliseconds
 * @param epochMillis length of an epoch, after which other validators vote with other stakes and keys; 0 for one epoch
 * @param lateFinality whether no vote for finality arrives until things heal, and the last node hears nothing: then it lacks
 *     hundreds of blocks under one certificate
 * @param clients whether clients read and write, and their histories are checked
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
        Set<Tactic> tactics,
        int faultyMillis,
        int epochMillis,
        boolean lateFinality,
        boolean clients,
        Mutant mutant) {
    /**
     * Copies the values.
     *
     * @param stakes stake of every validator
     * @param lossPercent messages lost
     * @param duplicatePercent messages delivered twice
     * @param maxDelayMillis longest delay of a message
     * @param crashPerMille chance of a power failure before an action
     * @param partitions whether links are cut
     * @param wipes whether one node at a time loses its disk
     * @param byzantine bits of validators that misbehave
     * @param tactics how they misbehave
     * @param faultyMillis how long things go wrong
     * @param epochMillis length of an epoch
     * @param lateFinality whether no vote for finality arrives
     * @param clients whether clients read and write
     * @param mutant what is broken deliberately
     */
    public Scenario {
        stakes = stakes.clone();
        tactics = Set.copyOf(tactics);
        long total = 0;
        long faulty = 0;
        for (int i = 0; i < stakes.length; i++) {
            total += stakes[i];
            faulty += (byzantine >> i & 1) == 1 ? stakes[i] : 0;
        }
        if (faulty * 3 >= total) {
            throw new IllegalArgumentException("faulty stake " + faulty + " of " + total + " is a third or more");
        }
    }

    /** Kinds of scenarios; the remainder of the seed selects one. */
    public static final int KINDS = 24;

    /** Rounds through the kinds of which one has clients. */
    private static final int CLIENTS_IN = 4;

    /**
     * A scenario for a seed; the seed modulo {@value #KINDS} selects the kind: 0 nothing goes wrong, 1 to 8 crash faults, 9 to
     * 15 validators that misbehave besides, 16 to 23 the same through epochs with changing validators. Every other seed of
     * kinds 0 and 16 is one of late finality. In one of {@value #CLIENTS_IN} rounds through the kinds there are clients,
     * whose histories are checked.
     *
     * @param seed the seed
     * @return the scenario
     */
    public static Scenario of(long seed) {
        Scenario scenario = without(seed);
        boolean clients = Math.floorMod(Math.floorDiv(seed, KINDS), CLIENTS_IN) == 1;
        return scenario.withClients(clients && !scenario.lateFinality());
    }

    private static Scenario without(long seed) {
        SplittableRandom r = new SplittableRandom(seed ^ 0x5eed);
        int kind = (int) Math.floorMod(seed, (long) KINDS);
        long[] four = {1, 1, 1, 1};
        int loss = r.nextInt(25);
        int duplicates = r.nextInt(20);
        int delay = 5 + r.nextInt(120);
        int crash = 2 + r.nextInt(10);
        if (Math.floorMod(seed, 2L * KINDS) == KINDS) {
            return lateFinality(0);
        }
        if (Math.floorMod(seed, 2L * KINDS) == KINDS + 16) {
            return lateFinality(1_000 + r.nextInt(2_000));
        }
        return switch (kind) {
            case 0 -> crashFaults(four, 0, 0, 3, 0, false, false, 3_000);
            case 1, 2 -> crashFaults(four, loss, duplicates, delay, 0, false, false, 6_000);
            case 3, 4 -> crashFaults(four, loss, duplicates, delay, crash, false, false, 8_000);
            case 5 -> crashFaults(four, loss, duplicates, delay, 0, true, false, 10_000);
            case 6 -> crashFaults(four, loss / 2, duplicates, delay, crash, true, true, 10_000);
            case 7, 8 -> crashFaults(weighted(r), loss, duplicates, delay, crash, true, false, 10_000);
            case 9 -> misbehaving(r, four, loss / 2, duplicates, delay, 0, Set.of(Tactic.EQUIVOCATE));
            case 10 -> misbehaving(r, four, loss, duplicates, delay, crash, Set.of(Tactic.EQUIVOCATE));
            case 11 -> misbehaving(r, weighted(r), loss / 2, duplicates, delay, 0, Set.of(Tactic.WITHHOLD));
            case 12 -> misbehaving(r, weighted(r), loss / 2, duplicates, delay, 0, Set.of(Tactic.STALE, Tactic.REPLAY));
            case 13 ->
                new Scenario(
                        new long[] {1, 1, 1, 1, 1, 1, 1},
                        loss / 2,
                        duplicates,
                        delay,
                        0,
                        true,
                        true,
                        1 << r.nextInt(7),
                        Set.of(Tactic.GARBAGE, Tactic.LIE),
                        10_000,
                        0,
                        false,
                        false,
                        Mutant.NONE);
            case 14 ->
                misbehaving(
                        r,
                        weighted(r),
                        loss / 2,
                        duplicates,
                        delay,
                        crash / 2,
                        Set.of(Tactic.EQUIVOCATE, Tactic.REPLAY, Tactic.LIE));
            case 15 -> misbehaving(r, weighted(r), loss / 2, duplicates, delay, crash / 2, Set.of(Tactic.values()));
            case 16 -> crashFaults(FIVE, 0, 0, 3, 0, false, false, 4_000).withEpochs(700);
            case 17 ->
                crashFaults(FIVE, loss, duplicates, delay, 0, false, false, 8_000)
                        .withEpochs(600 + r.nextInt(2_000));
            case 18 ->
                crashFaults(FIVE, loss / 2, duplicates, delay, crash, true, false, 10_000)
                        .withEpochs(600 + r.nextInt(2_000));
            case 19 ->
                crashFaults(FIVE, loss / 2, duplicates, delay, crash / 2, true, true, 10_000)
                        .withEpochs(1_000 + r.nextInt(2_000));
            case 20 ->
                crashFaults(weighted(r), loss, duplicates, delay, crash, true, false, 10_000)
                        .withEpochs(600 + r.nextInt(2_000));
            case 21 ->
                misbehaving(r, FIVE, loss / 2, duplicates, delay, crash / 2, Set.of(Tactic.EQUIVOCATE))
                        .withEpochs(600 + r.nextInt(2_000));
            case 22 ->
                misbehaving(r, weighted(r), loss / 2, duplicates, delay, 0, Set.of(Tactic.REPLAY, Tactic.STALE))
                        .withEpochs(600 + r.nextInt(1_500));
            default ->
                misbehaving(r, weighted(r), loss / 2, duplicates, delay, crash / 2, Set.of(Tactic.values()))
                        .withEpochs(600 + r.nextInt(2_000));
        };
    }

    private static Scenario lateFinality(int epochMillis) {
        return new Scenario(
                new long[] {3, 3, 3, 1},
                0,
                0,
                3,
                0,
                false,
                false,
                0,
                Set.of(),
                20_000,
                epochMillis,
                true,
                false,
                Mutant.NONE);
    }

    /** Nothing but one validator that misbehaves by running twice, and the divisions of a {@link TwinsSchedule}. */
    static Scenario twins(int twin) {
        return new Scenario(
                new long[] {1, 1, 1, 1},
                0,
                0,
                5,
                0,
                false,
                false,
                1 << twin,
                Set.of(),
                60_000,
                0,
                false,
                false,
                Mutant.NONE);
    }

    private static final long[] FIVE = {1, 1, 1, 1, 1};

    private Scenario withEpochs(int millis) {
        return new Scenario(
                stakes,
                lossPercent,
                duplicatePercent,
                maxDelayMillis,
                crashPerMille,
                partitions,
                wipes,
                byzantine,
                tactics,
                faultyMillis,
                millis,
                lateFinality,
                clients,
                mutant);
    }

    private Scenario withClients(boolean some) {
        return new Scenario(
                stakes,
                lossPercent,
                duplicatePercent,
                maxDelayMillis,
                crashPerMille,
                partitions,
                wipes,
                byzantine,
                tactics,
                faultyMillis,
                epochMillis,
                lateFinality,
                some,
                mutant);
    }

    private static long[] weighted(SplittableRandom r) {
        long[] stakes = new long[4 + r.nextInt(4)];
        for (int i = 0; i < stakes.length; i++) {
            stakes[i] = 1L + r.nextInt(5);
        }
        return stakes;
    }

    static Scenario crashFaults(
            long[] stakes,
            int loss,
            int duplicates,
            int delay,
            int crash,
            boolean partitions,
            boolean wipes,
            int faultyMillis) {
        return new Scenario(
                stakes,
                loss,
                duplicates,
                delay,
                crash,
                partitions,
                wipes,
                0,
                Set.of(),
                faultyMillis,
                0,
                false,
                false,
                Mutant.NONE);
    }

    private static Scenario misbehaving(
            SplittableRandom r, long[] stakes, int loss, int duplicates, int delay, int crash, Set<Tactic> tactics) {
        long total = 0;
        for (long stake : stakes) {
            total += stake;
        }
        int byzantine = 0;
        long faulty = 0;
        int first = r.nextInt(stakes.length);
        for (int k = 0; k < stakes.length; k++) {
            int i = (first + k) % stakes.length;
            if ((faulty + stakes[i]) * 3 < total) {
                byzantine |= 1 << i;
                faulty += stakes[i];
            }
        }
        return new Scenario(
                stakes,
                loss,
                duplicates,
                delay,
                crash,
                true,
                false,
                byzantine,
                tactics,
                10_000,
                0,
                false,
                false,
                Mutant.NONE);
    }

    /**
     * Whether a validator misbehaves.
     *
     * @param validator its index
     * @return true if so
     */
    public boolean isByzantine(int validator) {
        return (byzantine >> validator & 1) == 1;
    }

    /**
     * Whether any validator misbehaves.
     *
     * @return true if so
     */
    public boolean hasByzantine() {
        return byzantine != 0;
    }

    @Override
    public long[] stakes() {
        return stakes.clone();
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
                tactics,
                faultyMillis,
                epochMillis,
                lateFinality,
                clients,
                broken);
    }
}
