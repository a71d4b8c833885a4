package online.hypermesh.sim;

/**
 * A schedule in the manner of Twins (Bano, Sonnino, Chursin, Perelman, Li, Ching, Malkhi: "Twins: BFT Systems Made Robust",
 * OPODIS 2021): one of four validators runs twice, with one key and honest code, so that together the two contradict themselves
 * in every way that code can be made to; and in each of the first views the machines are divided anew. Numbers from 0 to
 * {@link #COUNT} - 1 name every choice of the validator and of the divisions once, in an order that mixes them. Confined.
 */
final class TwinsSchedule {
    /** Validators of such a schedule; one more machine runs. */
    static final int VALIDATORS = 4;

    static final int VIEWS = 7;

    private static final int DIVISION_BITS = VALIDATORS;
    private static final int VALIDATOR_BITS = 2;
    private static final int BITS = VIEWS * DIVISION_BITS + VALIDATOR_BITS;

    /** How many schedules there are. */
    static final long COUNT = 1L << BITS;

    /** A division ends after this, so that views end in which no part has a quorum. */
    private static final long DIVIDED_NANOS = 300_000_000L;

    private final int twin;
    private final int divisions;
    private final long[] enteredNanos = new long[VIEWS + 1];
    private long highest;

    private TwinsSchedule(int choices) {
        this.twin = choices & (1 << VALIDATOR_BITS) - 1;
        this.divisions = choices >>> VALIDATOR_BITS;
    }

    static TwinsSchedule of(long number) {
        return new TwinsSchedule(mix((int) Math.floorMod(number, COUNT)));
    }

    /** One of {@link #COUNT} numbers for each of them: every step can be undone. */
    private static int mix(int number) {
        int mask = (1 << BITS) - 1;
        int x = number;
        x ^= x >>> 15;
        x = x * 0x2c1b3c6d & mask;
        x ^= x >>> 13;
        x = x * 0x297a2d39 & mask;
        return x ^ x >>> 16;
    }

    /** The validator that runs twice: as the machine of its own number, and as the last one. */
    int twin() {
        return twin;
    }

    /** Those machines, by bits, that do not hear machine 0 in a view, nor are heard by it. */
    private int side(long view) {
        return (divisions >>> (int) (view - 1) * DIVISION_BITS & (1 << DIVISION_BITS) - 1) << 1;
    }

    /** Whether what a machine in a view sends does not arrive at another. */
    boolean separates(long view, int from, int to, long nowNanos) {
        return view >= 1
                && view <= VIEWS
                && nowNanos - enteredNanos[(int) view] < DIVIDED_NANOS
                && (side(view) >> from & 1) != (side(view) >> to & 1);
    }

    /** A machine is in a view; whether it is the first there. */
    boolean entered(long view, long nowNanos) {
        if (view <= highest) {
            return false;
        }
        for (long v = highest + 1; v <= Math.min(view, VIEWS); v++) {
            enteredNanos[(int) v] = nowNanos;
        }
        highest = view;
        return true;
    }

    /** Whether some machine has left the last view in which there are divisions. */
    boolean isOver() {
        return highest > VIEWS;
    }
}
