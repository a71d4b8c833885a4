package online.hypermesh.api.content;

/** Hears how far a long operation is; called often, from one thread at a time, and must return at once. */
@FunctionalInterface
public interface Progress {
    /** Hears nothing. */
    Progress NONE = (entries, bytes) -> {};

    /**
     * Some more is done.
     *
     * @param entries entries, or packs, so far
     * @param bytes bytes so far
     */
    void advanced(long entries, long bytes);
}
