package online.hypermesh.impl.content.repository;

import online.hypermesh.impl.chunk.ChunkerParameters;

/**
 * What newer repositories do differently: how PRIVATE ones name chunks and how long the shortest chunk is. It is the version
 * of a repository's settings, chosen by the program that creates it and kept, so that its chunks are found again.
 */
enum Generation {
    /** AES-256-CMAC, no chunk below 1 KiB but a stream's last. */
    FIRST(1, 1 << 10),
    /** AES-256-PMAC over the inverse cipher, no chunk below 3 KiB but a stream's last. */
    SECOND(2, 3 << 10);

    static final Generation NEWEST = SECOND;

    private static final int AVERAGE_BYTES = 4 << 10;
    private static final int MAX_BYTES = 32 << 10;

    private final int number;
    private final ChunkerParameters chunks;

    Generation(int number, int minBytes) {
        this.number = number;
        this.chunks = new ChunkerParameters(minBytes, AVERAGE_BYTES, MAX_BYTES);
    }

    int number() {
        return number;
    }

    ChunkerParameters chunks() {
        return chunks;
    }

    static Generation of(int number) {
        for (Generation g : values()) {
            if (g.number == number) {
                return g;
            }
        }
        throw new IllegalArgumentException("unknown settings version " + number);
    }
}
