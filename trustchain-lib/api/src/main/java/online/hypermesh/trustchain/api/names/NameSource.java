package online.hypermesh.trustchain.api.names;

/** Where an answer came from. */
public enum NameSource {
    /** A traditional name server; nothing is proven. */
    TRADITIONAL,
    /** This node's own finalized state. */
    OWN_LEDGER,
    /** Another node's finalized state, by a proof that was checked here. */
    PROVEN_LEDGER
}
