package online.hypermesh.api.content;

/** How much a check reads. */
public enum CheckDepth {
    /** Every snapshot, directory and reference, and that every pack is there with its length. */
    STRUCTURE,
    /** All that, and every stored byte: id and seal of every pack, id of every chunk. */
    ALL_DATA
}
