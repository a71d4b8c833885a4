package online.hypermesh.api.proof;

import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;

/** What a verifier decided about a bundle; never a bare boolean. */
public sealed interface ProofVerdict {
    /**
     * Everything that was asked for holds.
     *
     * @param findings what the bundle shows
     */
    record Accepted(ProofFindings findings) implements ProofVerdict {}

    /**
     * One check failed.
     *
     * @param reason which
     * @param detail what, value, limit
     */
    record Rejected(RejectReason reason, String detail) implements ProofVerdict {}

    /**
     * Whether everything holds.
     *
     * @return true when accepted
     */
    default boolean accepted() {
        return this instanceof Accepted;
    }

    /**
     * The verdict in the kernel's codes.
     *
     * @return accepted, or rejected with the reason's name before the detail
     */
    default Verdict toVerdict() {
        if (this instanceof Rejected r) {
            Code code = switch (r.reason()) {
                case TOO_LARGE -> Code.LIMIT_EXCEEDED;
                case MALFORMED -> Code.MALFORMED;
                case WRONG_NETWORK -> Code.WRONG_NETWORK;
                case REPLAYED -> Code.CONFLICT;
                case BUNDLE_SIGNATURE, STAKE_POSSESSION, WORK_SIGNATURE -> Code.INVALID_SIGNATURE;
                default -> Code.INVALID_PROOF;
            };
            return Verdict.rejected(code, r.reason() + ": " + r.detail());
        }
        return Verdict.ACCEPTED;
    }
}
