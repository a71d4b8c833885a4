package online.hypermesh.impl.chunk;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Cuts a stream where its content says so: FastCDC (Xia et al., TPDS 2020) with a 64-bit gear hash and normalisation
 * level 2; the same cuts as version 2020 of the fastcdc crate. Chunker id 1.
 *
 * <p>The hash is public. Whoever sees the sizes of stored chunks can tell which well-known file they come from, even when
 * the chunks are encrypted; packing and padding blur sizes but promise nothing. To hide <em>which public file</em> is
 * stored, cut under a key ({@link KeyedChunker}).
 *
 * <p>Confined to one thread.
 */
public final class FastCdcChunker extends Chunker {
    /** What names this algorithm in manifests. */
    public static final int ID = 1;

    private static final int NORMALISATION = 2;
    private static final long[] GEAR = gearTable();
    private static final long[] MASKS = {
        0,
        0,
        0,
        0,
        0,
        0x0000000001804110L,
        0x0000000001803110L,
        0x0000000018035100L,
        0x0000001800035300L,
        0x0000019000353000L,
        0x0000590003530000L,
        0x0000d90003530000L,
        0x0000d90103530000L,
        0x0000d90303530000L,
        0x0000d90313530000L,
        0x0000d90f03530000L,
        0x0000d90303537000L,
        0x0000d90703537000L,
        0x0000d90707537000L,
        0x0000d91707537000L,
        0x0000d91747537000L,
        0x0000d91767537000L,
        0x0000d93767537000L
    };

    private final int avgBytes;
    private final int minBytes;
    private final long maskSmall;
    private final long maskLarge;

    /**
     * Starts at the stream's position.
     *
     * @param input what to cut; not closed
     * @param parameters sizes
     */
    public FastCdcChunker(InputStream input, ChunkerParameters parameters) {
        super(input, parameters);
        this.minBytes = parameters.minBytes();
        this.avgBytes = parameters.avgBytes();
        int bits = Integer.numberOfTrailingZeros(avgBytes);
        this.maskSmall = MASKS[bits + NORMALISATION];
        this.maskLarge = MASKS[bits - NORMALISATION];
    }

    @Override
    int cut(byte[] data, int start, int available) {
        int i = start + minBytes;
        int small = start + (Math.min(avgBytes, available) & ~1);
        int large = start + (available & ~1);
        long hash = 0;
        for (; i < small; i++) {
            hash = (hash << 1) + GEAR[data[i] & 0xff];
            if ((hash & maskSmall) == 0) {
                return i - start;
            }
        }
        for (; i < large; i++) {
            hash = (hash << 1) + GEAR[data[i] & 0xff];
            if ((hash & maskLarge) == 0) {
                return i - start;
            }
        }
        return available;
    }

    /** The gear value of a byte; the first 8 bytes of the MD5 of 64 such bytes. */
    static long gear(int value) {
        return GEAR[value];
    }

    private static long[] gearTable() {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            long[] table = new long[256];
            byte[] seed = new byte[64];
            for (int i = 0; i < table.length; i++) {
                Arrays.fill(seed, (byte) i);
                table[i] = ByteBuffer.wrap(md5.digest(seed)).getLong();
            }
            return table;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("MD5 is required of every Java platform", e);
        }
    }
}
