package online.hypermesh.impl.proof;

import java.nio.ByteBuffer;
import java.util.TreeSet;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/** Draws distinct indexes from a challenge; everybody draws the same. */
final class Draw {
    private static final DomainTag TAG = new DomainTag("hypermesh/proof-draw/v1");

    private Draw() {}

    /** As many of 0..bound-1 as asked for, or all of them; the bias is below bound/2^63. */
    static TreeSet<Long> distinct(byte[] challenge, int count, long bound) {
        TreeSet<Long> drawn = new TreeSet<>();
        if (bound <= count) {
            for (long i = 0; i < bound; i++) {
                drawn.add(i);
            }
            return drawn;
        }
        for (int i = 0; drawn.size() < count; i++) {
            byte[] body = ByteBuffer.allocate(challenge.length + 4)
                    .put(challenge)
                    .putInt(i)
                    .array();
            Digest hash = Hashing.hash(TAG, body);
            drawn.add((ByteBuffer.wrap(hash.toBytes()).getLong() >>> 1) % bound);
        }
        return drawn;
    }
}
