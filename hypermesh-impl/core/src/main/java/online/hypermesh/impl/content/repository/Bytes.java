package online.hypermesh.impl.content.repository;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.HexFormat;

/** Big-endian numbers in arrays. */
final class Bytes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private Bytes() {}

    static long getLong(byte[] from, int at) {
        return (long) LONGS.get(from, at);
    }

    static void putLong(byte[] to, int at, long value) {
        LONGS.set(to, at, value);
    }

    static int getInt(byte[] from, int at) {
        return (int) INTS.get(from, at);
    }

    static void putInt(byte[] to, int at, int value) {
        INTS.set(to, at, value);
    }

    static int getTriple(byte[] from, int at) {
        return (from[at] & 0xff) << 16 | (from[at + 1] & 0xff) << 8 | (from[at + 2] & 0xff);
    }

    static void putTriple(byte[] to, int at, int value) {
        to[at] = (byte) (value >>> 16);
        to[at + 1] = (byte) (value >>> 8);
        to[at + 2] = (byte) value;
    }

    /** Sixteen random bytes in hexadecimal. */
    static String randomName(SecureRandom random) {
        byte[] name = new byte[16];
        random.nextBytes(name);
        return HexFormat.of().formatHex(name);
    }
}
