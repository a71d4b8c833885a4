package online.hypermesh.trustchain.api.certificates;

import java.util.Optional;
import java.util.OptionalLong;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What was decided about a leaf, why, and from which evidence. Immutable.
 *
 * @param standing how far its holder is accepted; empty when refused
 * @param reason the finding; with standing {@link Standing#MEMBER_ONLY} it says why the leaf itself does not count
 * @param basis from what the standing was established; empty when refused
 * @param detail what, value, limit, next step
 * @param subject the node the leaf's binding names, when the binding holds
 * @param issuer name of the issuing validator, when it is one of the network's
 * @param provenHeight height of the finalized block that proves the leaf's record, when a staple proved it
 */
public record LeafVerdict(
        Optional<Standing> standing,
        Reason reason,
        Optional<Basis> basis,
        String detail,
        Optional<NodeId> subject,
        Optional<String> issuer,
        OptionalLong provenHeight) {

    /** What was found. The names are the stable codes that peers see. */
    public enum Reason {
        /** The leaf holds under the phase's rules. */
        VALID,
        /** There is no leaf, or it is not a well-formed X.509 v3 certificate within the limits. */
        MALFORMED,
        /** The leaf's key, usages, constraints, serial or extensions are not what the profile demands. */
        WRONG_PROFILE,
        /** The binding is missing, not signed by the node key for this network and this leaf key, or its window is wrong. */
        WRONG_BINDING,
        /** Its validity has not begun. */
        NOT_YET_VALID,
        /** Its validity is over. */
        EXPIRED,
        /** Nobody but the node itself vouches for it. */
        SELF_SIGNED,
        /** Its issuer is not a validator of this network. */
        UNTRUSTED_ISSUER,
        /** The issuer's signature does not hold. */
        WRONG_SIGNATURE,
        /** The finalized state says that no such leaf was recorded. */
        NOT_FINALIZED,
        /** Neither a fresh staple nor a fresh own state tells whether the leaf was recorded. */
        QUORUM_UNREACHABLE,
        /** The record in the finalized state speaks of another leaf. */
        WRONG_RECORD,
        /** The leaf was revoked. */
        REVOKED,
        /** The node is not a member of the network. */
        UNKNOWN_NODE
    }

    /** From what a standing was established. */
    public enum Basis {
        /** The node key is one of the founding members' (Phase 0). */
        PINNED_KEY,
        /** A founding validator signed the leaf (Phase 1). */
        ISSUER_SIGNATURE,
        /** The leaf's record stands in this node's own finalized state. */
        OWN_STATE,
        /** The leaf's record was proven by the stapled state proof. */
        STAPLED_PROOF,
        /** A founding validator signed the leaf before the first Phase 2 checkpoint, and the quorum is unreachable. */
        ISSUER_SIGNATURE_WITHOUT_QUORUM,
        /** The node is a member of the last finalized membership; the leaf itself does not count. */
        MEMBERSHIP
    }

    /**
     * Whether the holder is accepted at all.
     *
     * @return true with any standing
     */
    public boolean accepted() {
        return standing.isPresent();
    }
}
