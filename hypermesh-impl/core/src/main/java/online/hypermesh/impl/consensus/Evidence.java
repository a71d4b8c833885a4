package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;

/**
 * Two votes of one validator that no honest validator casts together; both signatures were verified. Immutable.
 *
 * @param first one vote
 * @param second the other
 */
public record Evidence(Vote first, Vote second) {
    /**
     * Whether two statements of one validator contradict each other.
     *
     * @param a one
     * @param b the other
     * @return true if an honest validator cannot have signed both
     */
    public static boolean contradict(VoteStatement a, VoteStatement b) {
        if (a.epoch() != b.epoch() || a.view() != b.view() || a.equals(b)) {
            return false;
        }
        if (a.kind() == b.kind()) {
            return true;
        }
        return a.kind() != VoteKind.NOTARIZE && b.kind() != VoteKind.NOTARIZE;
    }
}
