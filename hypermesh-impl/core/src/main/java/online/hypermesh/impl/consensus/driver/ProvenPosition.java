package online.hypermesh.impl.consensus.driver;

import java.util.Comparator;
import online.hypermesh.api.ledger.BlockHeader;

/**
 * Where a header stands in the order of what is final. Epochs come first: headers behind the end of an epoch are final as
 * votes, belong to no chain, and may be higher than the next epoch's first blocks.
 *
 * @param epoch the header's epoch
 * @param height the header's height
 */
record ProvenPosition(long epoch, long height) implements Comparable<ProvenPosition> {
    static final ProvenPosition NOTHING = new ProvenPosition(0, 0);

    private static final Comparator<ProvenPosition> ORDER =
            Comparator.comparingLong(ProvenPosition::epoch).thenComparingLong(ProvenPosition::height);

    static ProvenPosition of(BlockHeader header) {
        return new ProvenPosition(header.epoch(), header.height());
    }

    ProvenPosition later(ProvenPosition other) {
        return compareTo(other) >= 0 ? this : other;
    }

    @Override
    public int compareTo(ProvenPosition other) {
        return ORDER.compare(this, other);
    }
}
