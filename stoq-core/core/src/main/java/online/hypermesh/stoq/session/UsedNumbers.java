package online.hypermesh.stoq.session;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The numbers that sealed streams or datagrams of a peer had, so that none counts twice. Numbers come nearly in order; one that lies more
 * than 65536 behind the highest counts as used. Confined to one thread at a time.
 */
final class UsedNumbers {
    static final int WINDOW = 1 << 16;

    /** Numbers lie below. */
    static final long LIMIT = 1L << 62;

    private static final int WORD_BITS = 6;

    /** Every number beneath was used, or is too old. */
    private long floor;

    /** One more than the highest number used. */
    private long top;

    /** Bit n mod WINDOW tells whether n, in floor..top-1, was used; made when numbers come out of order. */
    private long @Nullable [] used;

    /** Uses a number; false if it was used or is too old. */
    boolean take(long number) {
        if (number < floor || number >= LIMIT) {
            return false;
        }
        if (number == floor && floor == top) {
            floor++;
            top++;
            return true;
        }
        long[] bits = used;
        if (bits == null) {
            bits = new long[WINDOW >>> WORD_BITS];
            used = bits;
        }
        if (number >= top) {
            raise(bits, number);
        } else if (isSet(bits, number)) {
            return false;
        }
        set(bits, number);
        while (floor < top && isSet(bits, floor)) {
            clear(bits, floor);
            floor++;
        }
        return true;
    }

    private void raise(long[] bits, long number) {
        if (number - top >= WINDOW) {
            Arrays.fill(bits, 0);
            floor = number - WINDOW + 1;
        } else {
            for (long lost = floor; lost <= number - WINDOW; lost++) {
                clear(bits, lost);
                floor = lost + 1;
            }
        }
        top = number + 1;
    }

    private static boolean isSet(long[] bits, long number) {
        return (bits[word(number)] & 1L << number) != 0;
    }

    private static void set(long[] bits, long number) {
        bits[word(number)] |= 1L << number;
    }

    private static void clear(long[] bits, long number) {
        bits[word(number)] &= ~(1L << number);
    }

    private static int word(long number) {
        return (int) (number & (WINDOW - 1)) >>> WORD_BITS;
    }
}
