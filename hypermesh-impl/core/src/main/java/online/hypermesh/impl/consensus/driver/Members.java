package online.hypermesh.impl.consensus.driver;

import java.util.List;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.impl.consensus.PeerBudget;
import online.hypermesh.stoq.base.id.NodeId;

/** Whom an epoch's votes go to, and what its members and others may be sent on request. Immutable but for the budgets. */
record Members(
        ValidatorSet set,
        List<NodeId> others,
        PeerBudget catchUpBudget,
        PeerBudget snapshotBudget,
        AskerBudget historyBudget) {
    static final long SNAPSHOT_BURST_BYTES = 256L << 20;
    static final long SNAPSHOT_BYTES_PER_SECOND = 64L << 20;

    static Members of(ValidatorSet set, NodeId self) {
        return new Members(
                set,
                set.validators().stream()
                        .map(Validator::id)
                        .filter(id -> !id.equals(self))
                        .toList(),
                new PeerBudget(set, CatchUpService.BURST_BYTES, CatchUpService.BYTES_PER_SECOND),
                new PeerBudget(set, SNAPSHOT_BURST_BYTES, SNAPSHOT_BYTES_PER_SECOND),
                new AskerBudget(set));
    }
}
