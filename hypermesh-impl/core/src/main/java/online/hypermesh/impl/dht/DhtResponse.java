package online.hypermesh.impl.dht;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;

/** What a node answers. */
public sealed interface DhtResponse {
    /** Most contacts in an answer. */
    int MAX_NODES = 64;

    /** Most providers in an answer. */
    int MAX_PROVIDERS = 64;

    /**
     * What was found.
     *
     * @param record the record asked for, if there is one
     * @param providers the statements asked for
     * @param nodes nodes near the point, nearest first
     */
    record Found(Optional<SignedRecord> record, List<ProviderRecord> providers, List<Contact> nodes)
            implements DhtResponse {
        /**
         * Copies the lists.
         *
         * @param record a record
         * @param providers statements
         * @param nodes nodes
         */
        public Found {
            providers = List.copyOf(providers);
            nodes = List.copyOf(nodes);
        }
    }

    /** Here I am, or: it is kept. */
    record Done() implements DhtResponse {}

    /**
     * It is not kept.
     *
     * @param reason why
     * @param sequence the sequence number that is there, or -1
     */
    record Refused(Reason reason, long sequence) implements DhtResponse {}

    /** Why something is not kept. */
    enum Reason {
        /** The signature does not hold, or it is for another network. */
        NOT_AUTHENTIC,
        /** It has ended, or ends too late. */
        EXPIRY,
        /** A newer one is there, or another of the same number. */
        STALE,
        /** What should be replaced is not what is there. */
        OTHER_SEQUENCE,
        /** Peer or node has as many as it may. */
        QUOTA,
        /** This node only asks. */
        CLIENT
    }
}
