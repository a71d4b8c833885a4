package online.hypermesh.trustchain.api.names;

import java.util.List;

/** Hears when the traditional name system and the ledger disagree. Called on the resolver's shadow executor. */
@FunctionalInterface
public interface DivergenceListener {
    /** Hears nothing. */
    DivergenceListener NONE = divergence -> {};

    /**
     * Two sources disagree about a name.
     *
     * @param divergence what each said
     */
    void diverged(Divergence divergence);

    /**
     * What two sources said about one name.
     *
     * @param name the name
     * @param foundTraditionally whether the traditional system knows it
     * @param traditional its addresses there
     * @param foundInLedger whether the ledger knows it
     * @param ledger its addresses there
     */
    record Divergence(
            String name,
            boolean foundTraditionally,
            List<ServiceAddress> traditional,
            boolean foundInLedger,
            List<ServiceAddress> ledger) {
        /**
         * Copies the lists.
         *
         * @param name the name
         * @param foundTraditionally known there
         * @param traditional addresses there
         * @param foundInLedger known in the ledger
         * @param ledger addresses in the ledger
         */
        public Divergence {
            traditional = List.copyOf(traditional);
            ledger = List.copyOf(ledger);
        }
    }
}
