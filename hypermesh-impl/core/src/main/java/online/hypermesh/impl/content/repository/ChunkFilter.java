package online.hypermesh.impl.content.repository;

/**
 * A blocked Bloom filter (Putze, Sanders, Singler, JEA 2009) over chunk ids, which are pseudorandom already: 12 bits per
 * chunk, six of them set in one block of 512; some 0.5 % of unknown chunks pass. Confined while it is filled, then immutable.
 */
final class ChunkFilter {
    private static final int BITS_PER_CHUNK = 12;
    private static final int BLOCK_BITS = 512;
    private static final int PROBES = 6;
    private static final int PROBE_BITS = 9;
    private static final int BLOCK_BYTES = BLOCK_BITS / 8;

    private final byte[] bits;
    private final int blocks;

    private ChunkFilter(byte[] bits) {
        this.bits = bits;
        this.blocks = bits.length / BLOCK_BYTES;
    }

    static ChunkFilter forChunks(long chunks) {
        long blocks = chunks * BITS_PER_CHUNK / BLOCK_BITS + 1;
        return new ChunkFilter(new byte[Math.toIntExact(blocks * BLOCK_BYTES)]);
    }

    static ChunkFilter of(byte[] bits) {
        if (bits.length == 0 || bits.length % BLOCK_BYTES != 0) {
            throw Failures.corrupted("a filter has " + bits.length + " bytes");
        }
        return new ChunkFilter(bits);
    }

    private int block(long hi) {
        return (int) Math.multiplyHigh(hi >>> 1, (long) blocks << 1) * BLOCK_BYTES;
    }

    void add(long hi, long lo) {
        int at = block(hi);
        long probes = lo;
        for (int i = 0; i < PROBES; i++) {
            int bit = (int) probes & (BLOCK_BITS - 1);
            bits[at + (bit >>> 3)] |= (byte) (1 << (bit & 7));
            probes >>>= PROBE_BITS;
        }
    }

    boolean mayHold(long hi, long lo) {
        int at = block(hi);
        long probes = lo;
        for (int i = 0; i < PROBES; i++) {
            int bit = (int) probes & (BLOCK_BITS - 1);
            if ((bits[at + (bit >>> 3)] & 1 << (bit & 7)) == 0) {
                return false;
            }
            probes >>>= PROBE_BITS;
        }
        return true;
    }

    byte[] bits() {
        return bits;
    }
}
