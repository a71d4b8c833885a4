package online.hypermesh.api.dht;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A distributed hash table of signed records and of pointers to providers. What it returns was signed by whom it names; that it
 * returns the newest, or anything, depends on at least one honest node near the key being found. Thread-safe.
 */
public interface Dht extends AutoCloseable {
    /**
     * Gets to know the network.
     *
     * @param node a node that takes part
     * @param address where it is
     * @param deadline longest wait
     * @return how many nodes are known afterwards
     * @throws online.hypermesh.api.error.HypermeshException TIMEOUT, CLOSED
     */
    int join(NodeId node, NodeAddress address, Duration deadline);

    /**
     * Stores a record on the nodes nearest to its key.
     *
     * @param record the record
     * @param replaces if given, only where the record present has exactly this sequence number
     * @param deadline longest wait
     * @return how many nodes took it
     * @throws online.hypermesh.api.error.HypermeshException CONFLICT when a node has a newer one or another than to be replaced,
     *     BUSY, TIMEOUT, NOT_FOUND when no node took it, CLOSED
     */
    int put(SignedRecord record, OptionalLong replaces, Duration deadline);

    /**
     * Finds the newest record of a publisher, over several disjoint paths.
     *
     * @param publisher whose
     * @param salt which of them
     * @param deadline longest wait
     * @return the record, its signature checked and not expired; empty when none was found
     * @throws online.hypermesh.api.error.HypermeshException BUSY, TIMEOUT, CLOSED
     */
    Optional<SignedRecord> get(VerifyKey publisher, byte[] salt, Duration deadline);

    /**
     * Tells the nodes nearest to a subject who has it.
     *
     * @param record the statement
     * @param deadline longest wait
     * @return how many nodes took it
     * @throws online.hypermesh.api.error.HypermeshException BUSY, TIMEOUT, NOT_FOUND when no node took it, CLOSED
     */
    int provide(ProviderRecord record, Duration deadline);

    /**
     * Finds providers.
     *
     * @param subject of what
     * @param max enough, 1..64
     * @param deadline longest wait
     * @return their statements, signatures checked and not expired
     * @throws online.hypermesh.api.error.HypermeshException BUSY, TIMEOUT, CLOSED
     */
    List<ProviderRecord> providers(Digest subject, int max, Duration deadline);

    /**
     * Stores many statements again, region by region of the key space: one search per region instead of one per statement.
     *
     * @param records statements, at most 65536
     * @param deadline longest wait
     * @return how many were taken by at least one node
     * @throws online.hypermesh.api.error.HypermeshException BUSY, TIMEOUT, CLOSED
     */
    int republish(List<ProviderRecord> records, Duration deadline);

    /**
     * About how many nodes take part.
     *
     * @return an estimate, at least 1
     */
    long estimatedSize();

    /** Stops; operations under way fail. Idempotent. */
    @Override
    void close();
}
