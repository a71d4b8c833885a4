package online.hypermesh.impl.consensus;

import java.util.Comparator;

/**
 * A view of an epoch; every view of an epoch comes before every view of the next. Immutable.
 *
 * @param epoch at least 0
 * @param view at least 0
 */
public record EpochView(long epoch, long view) implements Comparable<EpochView> {
    /** Before everything. */
    public static final EpochView START = new EpochView(0, 0);

    private static final Comparator<EpochView> ORDER =
            Comparator.comparingLong(EpochView::epoch).thenComparingLong(EpochView::view);

    @Override
    public int compareTo(EpochView other) {
        return ORDER.compare(this, other);
    }

    /**
     * The later of two.
     *
     * @param other another
     * @return one of both
     */
    public EpochView max(EpochView other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
