package online.hypermesh.auth.api;

import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The answer to "may it?", with everything needed to understand it. Immutable.
 *
 * @param reason why, for programs; alone says whether it is allowed
 * @param explanation why, for people: the rule or the lack of one, and what an operator would run to change it
 * @param ruleId the rule that decided, if one did
 * @param policyHeight height of the block whose policy change was the newest when this was decided; 0 for the genesis policy
 */
public record Decision(Reason reason, String explanation, Optional<String> ruleId, long policyHeight) {
    /** Why a decision came out as it did. */
    public enum Reason {
        /** A rule allows it and none denies it. */
        ALLOWED,
        /** A rule denies it. */
        DENIED_BY_RULE,
        /** No rule speaks of it; the default is no. */
        NO_RULE,
        /** The identity is not a member of the network. */
        NOT_ENROLLED,
        /** The peer proved membership only; its certificate does not hold in this phase. */
        MEMBER_ONLY,
        /** The policy changed under every attempt to read it; ask again. */
        POLICY_CHANGING
    }

    /**
     * Whether it is allowed.
     *
     * @return true if so
     */
    public boolean allowed() {
        return reason == Reason.ALLOWED;
    }

    /**
     * Throws unless allowed.
     *
     * @throws HypermeshException {@link Code#DENIED} with the explanation
     */
    public void require() {
        if (!allowed()) {
            Retry retry = reason == Reason.POLICY_CHANGING ? Retry.SAME_CALL : Retry.NEVER;
            throw new HypermeshException(Code.DENIED, retry, explanation);
        }
    }
}
