package online.hypermesh.api.genesis;

/**
 * Versions of what nodes of a network say to each other. A network begins with one and comes to a higher one where an epoch
 * ends, after validators with more than two thirds of the stake asked for it
 * ({@link online.hypermesh.api.consensus.ValidatorChange.Upgrade} of
 * {@link online.hypermesh.api.consensus.ValidatorChange#PROTOCOL}). Blocks have the same form in all of them.
 */
public final class ProtocolVersions {
    /** Proposals carry all that is in their blocks. */
    public static final int FIRST = 2;

    /** Besides, batches with availability certificates: proposals name what does not fit themselves. */
    public static final int BATCHES = 3;

    /** The newest one this software knows. */
    public static final int NEWEST = BATCHES;

    private ProtocolVersions() {}
}
