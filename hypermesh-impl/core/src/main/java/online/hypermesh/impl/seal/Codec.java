package online.hypermesh.impl.seal;

/** How bytes are compressed before they are padded and encrypted. */
public enum Codec {
    /** Not at all; for data that is compressed already. */
    NONE(0),
    /** Brotli (RFC 7932), quality 1, window matched to the length; falls back to {@link #NONE} where it gains nothing. */
    BROTLI(1);

    private final int number;

    Codec(int number) {
        this.number = number;
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
