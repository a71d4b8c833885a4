package online.hypermesh.api.proof;

/** The first check that a bundle failed; each check has its own. Checks are made from the cheapest to the dearest. */
public enum RejectReason {
    /** More bytes than a bundle may have. */
    TOO_LARGE,
    /** Not the canonical encoding of a bundle, or a value out of its range. */
    MALFORMED,
    /** For another network. */
    WRONG_NETWORK,
    /** For another kind of operation. */
    WRONG_OPERATION_TYPE,
    /** For another operation. */
    WRONG_OPERATION,
    /** By another subject than the one asked. */
    WRONG_SUBJECT,
    /** The height is past the expiry. */
    EXPIRED,
    /** The beacon is older than the policy allows, or newer than the present. */
    BEACON_AGE,
    /** The expiry lies further from the beacon than nullifiers are kept. */
    EXPIRY_TOO_FAR,
    /** The context was accepted before. */
    REPLAYED,
    /** The anchor's header is not the beacon, or is of another epoch. */
    BEACON_MISMATCH,
    /** The anchor is not about the subject's record. */
    ANCHOR_MISMATCH,
    /** A proof that the policy asks for is not there. */
    PROOF_MISSING,
    /** A proof, or a part of one, that nobody asked for; verifying it would be wasted work. */
    PROOF_UNASKED,
    /** The puzzle is not solved at the difficulty asked for. */
    PUZZLE_UNSOLVED,
    /** Less stake than asked for. */
    STAKE_TOO_SMALL,
    /** The stake may leave too soon. */
    STAKE_UNLOCKS_TOO_SOON,
    /** Less registered space than asked for. */
    SPACE_TOO_SMALL,
    /** The replica is not registered, or only after the beacon. */
    SPACE_NOT_REGISTERED,
    /** The proof came after the deadline of the challenge. */
    SPACE_TOO_LATE,
    /** Another number of leaves than were asked for. */
    SPACE_LEAF_COUNT,
    /** The program is not one the verifier knows. */
    WORK_PROGRAM_UNKNOWN,
    /** The receipt was made for another context. */
    WORK_SEED_MISMATCH,
    /** Less metered work than asked for. */
    WORK_TOO_LITTLE,
    /** The cost is not what the program meters for that input. */
    WORK_COST_WRONG,
    /** Too few distinct parties ran the program, or one of them may not vouch. */
    WORK_ATTESTATIONS,
    /** Other steps are opened than were asked for. */
    WORK_STEP_COUNT,
    /** The claimed time is before the beacon's or too far from the present. */
    TIME_CLAIM,
    /** Too few distinct known sources answered. */
    TIME_SOURCES,
    /** The subject's signature over the bundle does not hold. */
    BUNDLE_SIGNATURE,
    /** A leaf is not where the registered root says. */
    SPACE_LEAF_WRONG,
    /** A state or segment is not where the receipt's roots say. */
    WORK_PATH_WRONG,
    /** Running an opened step again gives something else. */
    WORK_STEP_WRONG,
    /** The anchor is not finalized, or its path does not lead to the root. */
    ANCHOR_NOT_FINAL,
    /** The stake key did not sign the context. */
    STAKE_POSSESSION,
    /** There is no VRF key registered before the beacon. */
    VRF_KEY,
    /** The VRF proof does not hold. */
    VRF_WRONG,
    /** A signature of a party that ran the program does not hold. */
    WORK_SIGNATURE,
    /** A source's answer does not hold, or not for this context and place in the chain. */
    TIME_SAMPLE_WRONG,
    /** The sources contradict each other or the claimed time. */
    TIME_DISAGREEMENT
}
