package online.hypermesh.api.content;

/**
 * Within what equal chunks are stored once. A store belongs to one domain, for good, and nothing in it depends on what another
 * store has: whoever stores something learns only whether <em>this</em> store had it.
 */
public enum DedupDomain {
    /** One owner. Ids of chunks are keyed with the owner's secret. */
    PRIVATE,
    /**
     * Several members who trust each other, each with a key of their own. Ids of chunks are keyed with the group's secret, keys
     * of packs are random and never derived from content. A member who stores something learns whether another member had.
     */
    GROUP,
    /**
     * Everybody. Ids of chunks follow from content alone, and there is no confidentiality: whoever can read the store's files
     * reads everything in it, and whoever can write them can put anything there.
     */
    PUBLIC
}
