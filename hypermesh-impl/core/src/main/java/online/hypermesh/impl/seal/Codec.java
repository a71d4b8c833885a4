package online.hypermesh.impl.seal;

/** How bytes are compressed before they are padded and encrypted. */
public enum Codec {
    /** Not at all; for data that is compressed already. */
    NONE(0, 0),
    /** Brotli (RFC 7932), quality 1, window matched to the length; falls back to {@link #NONE} where it gains nothing. */
    BROTLI(1, 1),
    /** Brotli, quality 5: a fifth of the speed, a sixth fewer bytes. Reads like {@link #BROTLI}. */
    BROTLI_DENSE(1, 5);

    private final int number;
    private final int quality;

    Codec(int number, int quality) {
        this.number = number;
        this.quality = quality;
    }

    /**
     * Brotli's quality.
     *
     * @return 0 without brotli
     */
    public int quality() {
        return quality;
    }

    /**
     * The number that stands for the codec in sealed bytes.
     *
     * @return 0 or 1
     */
    public int number() {
        return number;
    }
}
