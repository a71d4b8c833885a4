package online.hypermesh.impl.content.repository;

import online.hypermesh.impl.seal.Codec;

/** What a repository is tuned for; chosen when it is created and kept. */
public enum Profile {
    /** Many times the speed of the usual tools at two thirds of their size: brotli 1. */
    FAST(0, 2 * 1024 * 1024, Codec.BROTLI),
    /** The fewest bytes: brotli 5, the largest packs. */
    DENSE(1, PackFormat.MAX_PLAIN_BYTES, Codec.BROTLI_DENSE);

    private final int number;
    private final int packPlainBytes;
    private final Codec codec;

    Profile(int number, int packPlainBytes, Codec codec) {
        this.number = number;
        this.packPlainBytes = packPlainBytes;
        this.codec = codec;
    }

    int number() {
        return number;
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
