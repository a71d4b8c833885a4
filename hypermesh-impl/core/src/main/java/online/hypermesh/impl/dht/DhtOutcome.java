package online.hypermesh.impl.dht;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;

/** What came of an operation. */
public sealed interface DhtOutcome {
    /**
     * The nodes nearest to a point.
     *
     * @param nodes those that answered, nearest first
     * @param suspicious whether they lie as chance would not put them
     */
    record Closest(List<Contact> nodes, boolean suspicious) implements DhtOutcome {
        /**
         * Copies the list.
         *
         * @param nodes nodes
         * @param suspicious whether something is odd
         */
        public Closest {
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * A record, or none.
     *
     * @param record the newest that was found
     */
    record Record(Optional<SignedRecord> record) implements DhtOutcome {}

    /**
     * Who provides something.
     *
     * @param providers their statements
     */
    record Providers(List<ProviderRecord> providers) implements DhtOutcome {
        /**
         * Copies the list.
         *
         * @param providers statements
         */
        public Providers {
            providers = List.copyOf(providers);
        }
    }

    /**
     * How storing went.
     *
     * @param accepted statements or copies that were taken
     * @param newest highest sequence number that stood in the way, or -1
     * @param conflict whether one did
     */
    record Stored(int accepted, long newest, boolean conflict) implements DhtOutcome {}

    /** As many operations are under way as may be. */
    record Busy() implements DhtOutcome {}
}
