package online.hypermesh.api.proof;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * What a bundle must show for one kind of operation. Zero means: not asked for. Immutable.
 *
 * @param maxAgeHeights most heights between the beacon and acceptance, 1..256
 * @param minStake least stake
 * @param minLockHeights least number of heights for which the stake must stay locked
 * @param randomOutput whether a verifiable random output must be given
 * @param minSpaceBytes least length of the replica whose leaves are opened
 * @param spaceLeaves leaves to open, 1..64
 * @param spaceDeadlineHeights most heights between the beacon and acceptance for a space proof
 * @param spaceDeadlineMillis most milliseconds between the beacon's time and acceptance for a space proof
 * @param puzzleBits leading zero bits of the puzzle's hash, 0..40
 * @param minWorkCost least metered cost of an execution
 * @param workSteps steps drawn at random and opened, besides the first and the last, 1..32
 * @param minAttesters least number of distinct parties besides the subject that must have run the program, 0..15
 * @param maxClockErrorMillis most milliseconds between the claimed time and acceptance
 * @param minTimeSources least number of distinct sources that must back the claimed time, 0..8
 */
public record ProofRequirement(
        int maxAgeHeights,
        long minStake,
        long minLockHeights,
        boolean randomOutput,
        long minSpaceBytes,
        int spaceLeaves,
        int spaceDeadlineHeights,
        int spaceDeadlineMillis,
        int puzzleBits,
        long minWorkCost,
        int workSteps,
        int minAttesters,
        int maxClockErrorMillis,
        int minTimeSources) {
    /** Most heights between a beacon and the last height of acceptance: nullifiers are kept that long. */
    public static final int MAX_WINDOW_HEIGHTS = 256;

    /** Most leading zero bits of a puzzle. */
    public static final int MAX_PUZZLE_BITS = 40;

    /** Least leaves on a production network. */
    public static final int PRODUCTION_SPACE_LEAVES = 16;

    /** Least space on a production network, if any is asked for: 1 GiB. */
    public static final long PRODUCTION_SPACE_BYTES = 1L << 30;

    /** Least difficulty on a production network, if a puzzle is asked for. */
    public static final int PRODUCTION_PUZZLE_BITS = 16;

    /** Least steps on a production network. */
    public static final int PRODUCTION_WORK_STEPS = 8;

    /** Asks only for a fresh, signed, unreplayed bundle. */
    public static final ProofRequirement NOTHING_MORE = builder().build();

    /**
     * Checks every range.
     *
     * @param maxAgeHeights 1..256
     * @param minStake at least 0
     * @param minLockHeights at least 0
     * @param randomOutput any
     * @param minSpaceBytes at least 0
     * @param spaceLeaves 1..64
     * @param spaceDeadlineHeights 1..256
     * @param spaceDeadlineMillis at least 1
     * @param puzzleBits 0..40
     * @param minWorkCost at least 0
     * @param workSteps 1..32
     * @param minAttesters 0..15
     * @param maxClockErrorMillis at least 0
     * @param minTimeSources 0..8
     */
    public ProofRequirement {
        range("maxAgeHeights", maxAgeHeights, 1, MAX_WINDOW_HEIGHTS);
        range("minStake", minStake, 0, Long.MAX_VALUE);
        range("minLockHeights", minLockHeights, 0, Long.MAX_VALUE / 2);
        range("minSpaceBytes", minSpaceBytes, 0, 1L << 40);
        range("spaceLeaves", spaceLeaves, 1, SpaceProof.MAX_OPENINGS);
        range("spaceDeadlineHeights", spaceDeadlineHeights, 1, MAX_WINDOW_HEIGHTS);
        range("spaceDeadlineMillis", spaceDeadlineMillis, 1, Integer.MAX_VALUE);
        range("puzzleBits", puzzleBits, 0, MAX_PUZZLE_BITS);
        range("minWorkCost", minWorkCost, 0, Long.MAX_VALUE);
        range("workSteps", workSteps, 1, WorkReceipt.MAX_OPENINGS - 2);
        range("minAttesters", minAttesters, 0, WorkReceipt.MAX_ATTESTATIONS - 1);
        range("maxClockErrorMillis", maxClockErrorMillis, 0, Integer.MAX_VALUE);
        range("minTimeSources", minTimeSources, 0, TimeProof.MAX_SAMPLES);
        if (minTimeSources > 0 && maxClockErrorMillis == 0) {
            throw new IllegalArgumentException("minTimeSources needs a maxClockErrorMillis above 0");
        }
        if (minAttesters > 0 && minWorkCost == 0) {
            throw new IllegalArgumentException("minAttesters needs a minWorkCost above 0");
        }
    }

    /**
     * Whether a stake proof must be given.
     *
     * @return true if stake, lock or random output is asked for
     */
    public boolean needsStake() {
        return minStake > 0 || minLockHeights > 0 || randomOutput;
    }

    /**
     * Whether a space proof must be given.
     *
     * @return true if space is asked for
     */
    public boolean needsSpace() {
        return minSpaceBytes > 0;
    }

    /**
     * Whether a receipt must be given.
     *
     * @return true if metered work is asked for
     */
    public boolean needsReceipt() {
        return minWorkCost > 0;
    }

    /**
     * Whether a time proof must be given.
     *
     * @return true if a clock error is limited
     */
    public boolean needsTime() {
        return maxClockErrorMillis > 0;
    }

    /**
     * What makes this fit for tests only.
     *
     * @return one line per value that is too small for a production network; empty if there is none
     */
    public List<String> productionProblems() {
        List<String> problems = new ArrayList<>();
        if (needsSpace() && minSpaceBytes < PRODUCTION_SPACE_BYTES) {
            problems.add("minSpaceBytes " + minSpaceBytes + " is below " + PRODUCTION_SPACE_BYTES);
        }
        if (needsSpace() && spaceLeaves < PRODUCTION_SPACE_LEAVES) {
            problems.add("spaceLeaves " + spaceLeaves + " is below " + PRODUCTION_SPACE_LEAVES);
        }
        if (puzzleBits > 0 && puzzleBits < PRODUCTION_PUZZLE_BITS) {
            problems.add("puzzleBits " + puzzleBits + " is below " + PRODUCTION_PUZZLE_BITS);
        }
        if (needsReceipt() && workSteps < PRODUCTION_WORK_STEPS) {
            problems.add("workSteps " + workSteps + " is below " + PRODUCTION_WORK_STEPS);
        }
        return List.copyOf(problems);
    }

    void writeTo(CborWriter w) {
        w.array(14)
                .uint(maxAgeHeights)
                .uint(minStake)
                .uint(minLockHeights)
                .bool(randomOutput)
                .uint(minSpaceBytes)
                .uint(spaceLeaves)
                .uint(spaceDeadlineHeights)
                .uint(spaceDeadlineMillis)
                .uint(puzzleBits)
                .uint(minWorkCost)
                .uint(workSteps)
                .uint(minAttesters)
                .uint(maxClockErrorMillis)
                .uint(minTimeSources);
    }

    static ProofRequirement readFrom(CborReader r) {
        r.expectArray(14);
        return new ProofRequirement(
                r.uint(Integer.MAX_VALUE),
                r.uint(),
                r.uint(),
                r.bool(),
                r.uint(),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE));
    }

    /**
     * A builder that asks for nothing yet: 64 heights of age, and where space or work is added 64 leaves, 8 heights, 60 s and
     * 16 steps.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    private static void range(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be in " + min + ".." + max + ", was " + value);
        }
    }

    /** Collects a requirement. Confined to one thread. */
    public static final class Builder {
        private int maxAgeHeights = 64;
        private long minStake;
        private long minLockHeights;
        private boolean randomOutput;
        private long minSpaceBytes;
        private int spaceLeaves = SpaceProof.MAX_OPENINGS;
        private int spaceDeadlineHeights = 8;
        private int spaceDeadlineMillis = 60_000;
        private int puzzleBits;
        private long minWorkCost;
        private int workSteps = 16;
        private int minAttesters;
        private int maxClockErrorMillis;
        private int minTimeSources;

        private Builder() {}

        /**
         * Limits the age.
         *
         * @param heights 1..256
         * @return this
         */
        public Builder maxAge(int heights) {
            maxAgeHeights = heights;
            return this;
        }

        /**
         * Asks for stake.
         *
         * @param units least stake
         * @param lockHeights least number of heights it stays locked
         * @return this
         */
        public Builder stake(long units, long lockHeights) {
            minStake = units;
            minLockHeights = lockHeights;
            return this;
        }

        /**
         * Asks for a verifiable random output.
         *
         * @return this
         */
        public Builder randomOutput() {
            randomOutput = true;
            return this;
        }

        /**
         * Asks for space.
         *
         * @param bytes least length of the replica
         * @param leaves leaves to open, 1..64
         * @param deadlineHeights most heights after the beacon, 1..256
         * @param deadlineMillis most milliseconds after the beacon's time
         * @return this
         */
        public Builder space(long bytes, int leaves, int deadlineHeights, int deadlineMillis) {
            minSpaceBytes = bytes;
            spaceLeaves = leaves;
            spaceDeadlineHeights = deadlineHeights;
            spaceDeadlineMillis = deadlineMillis;
            return this;
        }

        /**
         * Asks for a solved puzzle.
         *
         * @param bits leading zero bits, 0..40
         * @return this
         */
        public Builder puzzle(int bits) {
            puzzleBits = bits;
            return this;
        }

        /**
         * Asks for an execution.
         *
         * @param cost least metered cost
         * @param steps steps to open, 1..32
         * @param attesters least parties besides the subject that ran it, 0..15
         * @return this
         */
        public Builder work(long cost, int steps, int attesters) {
            minWorkCost = cost;
            workSteps = steps;
            minAttesters = attesters;
            return this;
        }

        /**
         * Asks for a claimed time.
         *
         * @param clockErrorMillis most milliseconds between it and acceptance
         * @param sources least distinct sources that back it, 0..8
         * @return this
         */
        public Builder time(int clockErrorMillis, int sources) {
            maxClockErrorMillis = clockErrorMillis;
            minTimeSources = sources;
            return this;
        }

        /**
         * Checks and freezes.
         *
         * @return the requirement
         */
        public ProofRequirement build() {
            return new ProofRequirement(
                    maxAgeHeights,
                    minStake,
                    minLockHeights,
                    randomOutput,
                    minSpaceBytes,
                    spaceLeaves,
                    spaceDeadlineHeights,
                    spaceDeadlineMillis,
                    puzzleBits,
                    minWorkCost,
                    workSteps,
                    minAttesters,
                    maxClockErrorMillis,
                    minTimeSources);
        }
    }
}
