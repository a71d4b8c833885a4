package online.hypermesh.impl.proof;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.api.proof.WorkProof;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/**
 * A hashcash puzzle: find a number whose hash together with the context's challenge begins with so many zero bits. Solving
 * takes 2^bits hashes on average, checking one. It slows down floods; it says nothing about who asks. Stateless.
 */
public final class Puzzle {
    private static final DomainTag TAG = new DomainTag("hypermesh/proof-puzzle-try/v1");

    private Puzzle() {}

    /**
     * Tries numbers in turn.
     *
     * @param context what the puzzle is for
     * @param bits 0..40
     * @param firstTry where to begin, at least 0
     * @param tries how many numbers to try
     * @return a solution, if one was found
     */
    public static OptionalLong solve(ProofContext context, int bits, long firstTry, long tries) {
        requireBits(bits);
        byte[] challenge = context.challenge(WorkProof.PUZZLE_LABEL, 32);
        for (long number = firstTry; number < firstTry + tries; number++) {
            if (zeroBits(challenge, number) >= bits) {
                return OptionalLong.of(number);
            }
        }
        return OptionalLong.empty();
    }

    /**
     * Checks a solution.
     *
     * @param context what the puzzle is for
     * @param bits 0..40
     * @param number the solution
     * @return true if it is one
     */
    public static boolean isSolved(ProofContext context, int bits, long number) {
        requireBits(bits);
        return zeroBits(context.challenge(WorkProof.PUZZLE_LABEL, 32), number) >= bits;
    }

    private static int zeroBits(byte[] challenge, long number) {
        Digest hash = Hashing.hash(
                TAG, ByteBuffer.allocate(40).put(challenge).putLong(number).array());
        return Long.numberOfLeadingZeros(ByteBuffer.wrap(hash.toBytes()).getLong());
    }

    private static void requireBits(int bits) {
        if (bits < 0 || bits > ProofRequirement.MAX_PUZZLE_BITS) {
            throw new IllegalArgumentException(
                    "bits must be in 0.." + ProofRequirement.MAX_PUZZLE_BITS + ", was " + bits);
        }
    }
}
