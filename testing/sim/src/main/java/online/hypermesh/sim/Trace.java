package online.hypermesh.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A running hash over everything that happens in a simulation, to tell runs apart that differ anywhere. Two lanes of 64 bits,
 * fast and without a key: not for anything that somebody would want to forge. Confined.
 */
final class Trace {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final long FIRST = 0x9e3779b97f4a7c15L;
    private static final long SECOND = 0xd6e8feb86659fd93L;

    private long one = FIRST;
    private long two = SECOND;

    void add(long word) {
        one = Long.rotateLeft((one ^ word) * FIRST, 29);
        two = (Long.rotateLeft(two, 23) + word) * SECOND;
    }

    void add(byte[] bytes) {
        int at = 0;
        for (; at + Long.BYTES <= bytes.length; at += Long.BYTES) {
            add((long) WORDS.get(bytes, at));
        }
        long rest = bytes.length;
        for (; at < bytes.length; at++) {
            rest = rest << 8 | bytes[at] & 0xff;
        }
        add(rest);
    }

    /** The hash so far, as 32 hexadecimal digits. */
    String hash() {
        return String.format("%016x%016x", one ^ two >>> 31, two ^ one >>> 33);
    }
}
