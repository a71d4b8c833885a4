package online.hypermesh.stoq;

import java.util.Set;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Accepts a fixed set of identities whose leaf is within its window, whoever issued the leaf. Immutable.
 *
 * @param peers the identities
 */
public record PinnedPeers(Set<NodeId> peers) implements PeerVerifier {
    /**
     * Copies the set.
     *
     * @param peers the identities
     */
    public PinnedPeers {
        peers = Set.copyOf(peers);
    }

    @Override
    public Judgement judge(Evidence evidence) {
        if (!peers.contains(evidence.id())) {
            return new Judgement.Refused(
                    "UNKNOWN_NODE",
                    "node " + evidence.id().toShortString() + " is not among the " + peers.size() + " pinned peers");
        }
        LeafBinding binding = LeafBinding.unverified(evidence.chain().get(0));
        if (!binding.covers(evidence.nowMillis())) {
            return new Judgement.Refused(
                    "OUTSIDE_WINDOW",
                    "the leaf of " + evidence.id().toShortString() + " holds from " + binding.notBefore() + " to "
                            + binding.notAfter() + "; renew it or set the clock");
        }
        return new Judgement.Accepted(Standing.FULL);
    }
}
