package online.hypermesh.bootstrap;

/** Something the driver observed. Immutable. */
public sealed interface Event {
    /**
     * A fact became true, or is still true.
     *
     * @param fact which; not one that must be {@linkplain Fact#proven() proven}
     * @param detail for people, such as an address or a serial number; possibly empty
     */
    record Established(Fact fact, String detail) implements Event {
        /**
         * Checks that the fact can be told.
         *
         * @param fact which
         * @param detail for people
         */
        public Established {
            requireTellable(fact);
        }
    }

    /**
     * A fact is no longer true.
     *
     * @param fact which; not one that must be {@linkplain Fact#proven() proven}, for these stay true
     * @param detail why, for people
     */
    record Withdrawn(Fact fact, String detail) implements Event {
        /**
         * Checks that the fact can be told.
         *
         * @param fact which
         * @param detail why, for people
         */
        public Withdrawn {
            requireTellable(fact);
        }
    }

    /**
     * The network's phase was verified or executed.
     *
     * @param checkpoint the proof's content
     */
    record NetworkPhaseProven(Checkpoint checkpoint) implements Event {}

    /**
     * An operator's command arrived; the machine verifies it.
     *
     * @param command the command
     */
    record CommandReceived(SignedPhaseCommand command) implements Event {}

    /** Time passed. */
    record Tick() implements Event {}

    private static void requireTellable(Fact fact) {
        if (fact.proven()) {
            throw new IllegalArgumentException(fact + " follows from a checkpoint; send NetworkPhaseProven");
        }
    }
}
