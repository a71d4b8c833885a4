package online.hypermesh.api.error;

/** Stable codes of kernel failures. */
public enum Code {
    /** Bytes are not a canonical encoding, or exceed a limit. */
    MALFORMED,
    /** The value belongs to another network. */
    WRONG_NETWORK,
    /** A size or count limit was exceeded. */
    LIMIT_EXCEEDED,
    /** Not enough validators answered. */
    QUORUM_UNREACHABLE,
    /** The caller may not do this. */
    DENIED,
    /** The named thing does not exist. */
    NOT_FOUND,
    /** The thing exists already or changed meanwhile. */
    CONFLICT,
    /** Stored bytes do not match their checksum or id. */
    CORRUPTED,
    /** The disk is full or failed; the store has stopped. */
    STORAGE_FAILED,
    /** Another process holds the lock. */
    LOCKED,
    /** A certificate or proof does not hold. */
    INVALID_PROOF,
    /** What a client trusts is older than its trust period; it needs a newer checkpoint from somebody it trusts. */
    CHECKPOINT_TOO_OLD,
    /** A signature does not hold. */
    INVALID_SIGNATURE,
    /** What is offered as the present was replaced by something newer, which was seen before. */
    ROLLED_BACK,
    /** The queue or quota is full; try later. */
    BUSY,
    /** The deadline passed. */
    TIMEOUT,
    /** The component was closed. */
    CLOSED,
    /** This node has stopped signing; the message says why and how to rejoin. */
    SIGNING_STOPPED,
    /** The node's phase does not offer this operation. */
    WRONG_PHASE,
    /** The network goes on by a version of its rules that this software does not know. */
    UNSUPPORTED_VERSION,
    /** A configuration value is missing or not acceptable. */
    CONFIGURATION
}
