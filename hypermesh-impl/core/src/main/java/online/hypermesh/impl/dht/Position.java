package online.hypermesh.impl.dht;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * A point of the key space: 256 bits. The distance of two points is their exclusive-or as an unsigned number (Maymounkov and
 * Mazières, "Kademlia", IPTPS 2002). Immutable.
 *
 * @param a most significant 64 bits
 * @param b the next
 * @param c the next
 * @param d the least significant
 */
public record Position(long a, long b, long c, long d) {
    /** Bits of a position. */
    public static final int BITS = 256;

    /**
     * The position of a digest.
     *
     * @param digest a node's or record's key
     * @return the position
     */
    public static Position of(Digest digest) {
        ByteBuffer bytes = ByteBuffer.wrap(digest.toBytes());
        return new Position(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
    }

    /**
     * The position as bytes.
     *
     * @return 32 bytes, big-endian
     */
    public byte[] toBytes() {
        return ByteBuffer.allocate(Digest.LENGTH)
                .putLong(a)
                .putLong(b)
                .putLong(c)
                .putLong(d)
                .array();
    }

    /** Which of two positions is nearer to this one: negative for the first. */
    int compareDistance(Position x, Position y) {
        int byA = Long.compareUnsigned(x.a ^ a, y.a ^ a);
        if (byA != 0) {
            return byA;
        }
        int byB = Long.compareUnsigned(x.b ^ b, y.b ^ b);
        if (byB != 0) {
            return byB;
        }
        int byC = Long.compareUnsigned(x.c ^ c, y.c ^ c);
        return byC != 0 ? byC : Long.compareUnsigned(x.d ^ d, y.d ^ d);
    }

    /** Number of leading bits that two positions share, 0..256. */
    int commonBits(Position other) {
        if (a != other.a) {
            return Long.numberOfLeadingZeros(a ^ other.a);
        }
        if (b != other.b) {
            return 64 + Long.numberOfLeadingZeros(b ^ other.b);
        }
        if (c != other.c) {
            return 128 + Long.numberOfLeadingZeros(c ^ other.c);
        }
        return 192 + Long.numberOfLeadingZeros(d ^ other.d);
    }

    /** The distance as a share of the whole key space, 0..1. */
    double distanceShare(Position other) {
        long top = a ^ other.a;
        return ((top >>> 11) + 0.5) * 0x1p-53;
    }

    /** A random position that shares exactly the first {@code bits} bits with this one, 0..63. */
    Position neighbour(int bits, SplittableRandom random) {
        long keep = bits == 0 ? 0 : -1L << 64 - bits;
        long flip = Long.MIN_VALUE >>> bits;
        long top = a & keep | ~a & flip | random.nextLong() & ~keep & ~flip;
        return new Position(top, random.nextLong(), random.nextLong(), random.nextLong());
    }

    static Position random(SplittableRandom random) {
        return new Position(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }
}
