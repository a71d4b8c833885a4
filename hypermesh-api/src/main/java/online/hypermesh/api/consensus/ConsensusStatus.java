package online.hypermesh.api.consensus;

import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Where a validator stands.
 *
 * @param epoch current epoch
 * @param view current view
 * @param finalizedHeight height of the newest finalized block
 * @param finalizedId its id
 * @param stateRoot root of the state after it
 * @param votesAboveView the validator votes only in views above this; 0 when it votes everywhere
 * @param signing whether it signs at all, and if not why
 * @param peersReachable validators heard from within the last few seconds, this one included
 */
public record ConsensusStatus(
        long epoch,
        long view,
        long finalizedHeight,
        Digest finalizedId,
        Digest stateRoot,
        long votesAboveView,
        String signing,
        int peersReachable) {
    /**
     * Whether it has stopped for good: a disk failed, its vote log was rolled back, or the chain broke.
     *
     * @return why and what to do, as in {@link #signing}; empty while it signs, checks, rejoins or only observes
     */
    public Optional<String> stopped() {
        return signing.startsWith("stopped") ? Optional.of(signing) : Optional.empty();
    }
}
