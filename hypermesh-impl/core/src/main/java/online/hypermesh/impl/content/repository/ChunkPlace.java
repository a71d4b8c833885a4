package online.hypermesh.impl.content.repository;

/** Where a chunk lies; filled by a look-up. Confined to one thread. */
final class ChunkPlace {
    /** Run number of chunks that are in no run yet. */
    static final int RECENT = -1;

    int pack;
    int offset;
    int length;
    int run;
    long ordinal;
}
