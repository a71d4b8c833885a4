package online.hypermesh.impl.content.repository;

/** A pseudo-random function of 128 bits that names the chunks of one owner. Confined to one thread. */
sealed interface ChunkMac permits AesCmac, AesPmac {
    /** Length of a tag in bytes. */
    int TAG_BYTES = 16;

    /** Writes the tag of a range to the beginning of an array. */
    void tag(byte[] source, int offset, int length, byte[] to);
}
