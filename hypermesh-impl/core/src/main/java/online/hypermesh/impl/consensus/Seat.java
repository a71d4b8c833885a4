package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.ValidatorSet;

/**
 * Where a node sits in an epoch. Immutable.
 *
 * @param set who votes
 * @param self this node's index in it; -1 when it is not a validator
 * @param epoch the epoch
 * @param schedule who leads which view
 */
record Seat(ValidatorSet set, int self, long epoch, LeaderSchedule schedule) {
    boolean isValidator() {
        return self >= 0;
    }

    int leader(long view) {
        return schedule.leader(view);
    }

    boolean leads(long view) {
        return self >= 0 && schedule.leader(view) == self;
    }
}
