package online.hypermesh.node.service;

import java.util.HashMap;
import java.util.Map;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.Membership;

/**
 * How many leaves this node issues to one enrolled identity: each costs a durable log entry and a transaction of this node.
 * Founding members are not limited. Thread-safe.
 */
final class IssuanceBudget {
    static final int AT_ONCE = 16;
    static final long ANOTHER_AFTER_MILLIS = 30_000;

    private final Membership founders;
    private final Map<NodeId, Budget> budgets = new HashMap<>();

    private record Budget(int left, long sinceMillis) {}

    IssuanceBudget(Membership founders) {
        this.founders = founders;
    }

    /** Takes one leaf from a member's budget; throws BUSY when it is used up. */
    synchronized void take(NodeId member, long nowMillis) {
        if (founders.isMember(member)) {
            return;
        }
        Budget held = budgets.getOrDefault(member, new Budget(AT_ONCE, nowMillis));
        long earned = Math.max(0, (nowMillis - held.sinceMillis()) / ANOTHER_AFTER_MILLIS);
        long left = Math.min(AT_ONCE, held.left() + earned);
        if (left == 0) {
            throw new HypermeshException(
                    Code.BUSY,
                    Retry.WHOLE_OPERATION,
                    member.toShortString() + " used up its " + AT_ONCE
                            + " leaves from this node; there is another one every " + ANOTHER_AFTER_MILLIS / 1000
                            + " s. Use the leaf it has, or ask another validator");
        }
        long since = left == AT_ONCE ? nowMillis : held.sinceMillis() + earned * ANOTHER_AFTER_MILLIS;
        budgets.put(member, new Budget((int) left - 1, since));
    }
}
