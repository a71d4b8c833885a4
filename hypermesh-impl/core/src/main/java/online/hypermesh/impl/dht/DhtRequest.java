package online.hypermesh.impl.dht;

import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.stoq.base.crypto.Digest;

/** What one node asks another. */
public sealed interface DhtRequest {
    /** Are you there? */
    record Ping() implements DhtRequest {}

    /**
     * Whom do you know near a point?
     *
     * @param target the point
     */
    record FindNodes(Position target) implements DhtRequest {}

    /**
     * Do you have a record, and whom do you know near it?
     *
     * @param key the record's key
     */
    record FindRecord(Digest key) implements DhtRequest {}

    /**
     * Who provides something, and whom do you know near its key?
     *
     * @param key the key of the providers
     */
    record FindProviders(Digest key) implements DhtRequest {}

    /**
     * Keep a record.
     *
     * @param record the record
     * @param replaces the sequence number that must be there, or -1
     */
    record PutRecord(SignedRecord record, long replaces) implements DhtRequest {}

    /**
     * Keep a provider's statement.
     *
     * @param record the statement
     */
    record AddProvider(ProviderRecord record) implements DhtRequest {}
}
