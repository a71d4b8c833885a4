package online.hypermesh.impl.dht;

import java.util.List;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.stoq.base.crypto.Digest;

/** What a node's owner wants of the table. */
public sealed interface DhtOperation {
    /**
     * Get to know the network.
     *
     * @param through a node that takes part
     */
    record Join(Contact through) implements DhtOperation {}

    /**
     * Find the nodes nearest to a point.
     *
     * @param target the point
     */
    record FindClosest(Position target) implements DhtOperation {}

    /**
     * Store a record.
     *
     * @param record the record
     * @param replaces the sequence number that must be there, or -1
     */
    record Put(SignedRecord record, long replaces) implements DhtOperation {}

    /**
     * Find the newest record.
     *
     * @param key its key
     */
    record Get(Digest key) implements DhtOperation {}

    /**
     * Store a statement.
     *
     * @param record the statement
     */
    record Provide(ProviderRecord record) implements DhtOperation {}

    /**
     * Find providers.
     *
     * @param subject of what
     * @param max enough
     */
    record FindProviders(Digest subject, int max) implements DhtOperation {}

    /**
     * Store many statements again, region by region.
     *
     * @param records the statements
     */
    record Republish(List<ProviderRecord> records) implements DhtOperation {
        /**
         * Copies the list.
         *
         * @param records the statements
         */
        public Republish {
            records = List.copyOf(records);
        }
    }
}
