package online.hypermesh.impl.content.repository;

import online.hypermesh.impl.chunk.ChunkerParameters;
import online.hypermesh.impl.seal.Codec;

/** What a repository is tuned for; chosen when it is created and kept. */
public enum Profile {
    /** Many times the speed of the usual tools at two thirds of their size: brotli 1. */
    FAST(0, new ChunkerParameters(1 << 10, 4 << 10, 32 << 10), 2 * 1024 * 1024, Codec.BROTLI),
    /** The fewest bytes: brotli 5, the largest packs. */
    DENSE(1, new ChunkerParameters(1 << 10, 4 << 10, 32 << 10), PackFormat.MAX_PLAIN_BYTES, Codec.BROTLI_DENSE);

    private final int number;
    private final ChunkerParameters chunks;
    private final int packPlainBytes;
    private final Codec codec;

    Profile(int number, ChunkerParameters chunks, int packPlainBytes, Codec codec) {
        this.number = number;
        this.chunks = chunks;
        this.packPlainBytes = packPlainBytes;
        this.codec = codec;
    }

    int number() {
        return number;
    }

    ChunkerParameters chunks() {
        return chunks;
    }

    int packPlainBytes() {
        return packPlainBytes;
    }

    Codec codec() {
        return codec;
    }

    static Profile of(int number) {
        for (Profile p : values()) {
            if (p.number == number) {
                return p;
            }
        }
        throw new IllegalArgumentException("unknown profile " + number);
    }
}
