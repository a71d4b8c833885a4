package online.hypermesh.api.ledger;

import online.hypermesh.api.genesis.Genesis;

/**
 * A deterministic state machine with its own key space, driven by finalized transactions. The same transactions in the
 * same order give the same state on every node: no clock, no randomness, no I/O, no iteration in hash order. A thrown
 * {@link online.hypermesh.stoq.base.cbor.CborException} or {@link IllegalArgumentException} counts as a refusal and undoes
 * the transaction's writes. Called from one thread at a time.
 */
public interface LedgerModule {
    /**
     * The module's name and key space.
     *
     * @return 1..32 characters of a-z, 0-9 and hyphen
     */
    String name();

    /**
     * Writes the founding state.
     *
     * @param genesis the founding document
     * @param state the module's key space, empty
     */
    default void initialize(Genesis genesis, StateWriter state) {}

    /**
     * The newest version of its rules that this software knows. Which one is in force, {@link ExecutionContext#moduleVersion}
     * says: all nodes change it together, where an epoch ends.
     *
     * @return at least 1
     */
    default int newestVersion() {
        return 1;
    }

    /**
     * Executes one transaction addressed to this module.
     *
     * @param context who, when, what else is known
     * @param payload the instruction
     * @param state the module's key space; undone when the outcome is a refusal
     * @return what came of it
     */
    Outcome execute(ExecutionContext context, byte[] payload, StateWriter state);

    /** What a module does with a transaction; the rules of {@link LedgerModule} hold for it. */
    @FunctionalInterface
    interface Step {
        /**
         * Executes one transaction.
         *
         * @param context who, when, what else is known
         * @param payload the instruction
         * @param state the module's key space; undone when the outcome is a refusal
         * @return what came of it
         */
        Outcome execute(ExecutionContext context, byte[] payload, StateWriter state);
    }

    /**
     * A module that starts empty.
     *
     * @param name 1..32 characters of a-z, 0-9 and hyphen
     * @param step what it does
     * @return the module
     */
    static LedgerModule of(String name, Step step) {
        return new LedgerModule() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
                return step.execute(context, payload, state);
            }
        };
    }
}
