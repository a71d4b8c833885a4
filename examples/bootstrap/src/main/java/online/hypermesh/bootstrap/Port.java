package online.hypermesh.bootstrap;

/** What the bootstrapper swaps. The behaviour of each port in each phase: */
public enum Port {
    /**
     * Whose leaves are trusted. 0: self-signed, pinned by key. 1: issued by TrustChain. 2: consensus-validated; PKIX only when
     * the quorum is unreachable and only for leaves older than the first Phase 2 checkpoint. 3: consensus-validated only.
     */
    CERTIFICATES,
    /**
     * Where names come from. 0: traditional. 1: traditional, HyperMesh in the shadow. 2: HyperMesh, traditional for foreign
     * names and unreachability. 3: HyperMesh only.
     */
    NAMES,
    /** What consensus gates. 0: off. 1: nothing, though it runs. 2: critical operations. 3: everything. */
    CONSENSUS,
    /** What becomes of Byzantine behaviour. 0 and 1: recorded. 2: acted upon. 3: enforced. */
    BYZANTINE_DETECTION
}
