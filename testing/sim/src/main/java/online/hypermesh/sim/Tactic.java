package online.hypermesh.sim;

/** A way in which a faulty validator misbehaves. */
public enum Tactic {
    /** Contradicting proposals and votes, different ones to different peers, in splits that last a view. */
    EQUIVOCATE,
    /** Says things to some only, late, or not at all; never answers questions of others. */
    WITHHOLD,
    /** Shows old certificates and positions as if they were new. */
    STALE,
    /** Says again what it heard, under other views, epochs, kinds and signers. */
    REPLAY,
    /** Bytes that are no message, or hardly one. */
    GARBAGE,
    /** Claims heights and views that it does not have, and answers questions with what is not so. */
    LIE
}
