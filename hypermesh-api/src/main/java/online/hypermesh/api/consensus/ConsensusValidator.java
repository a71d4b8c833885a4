package online.hypermesh.api.consensus;

/** A running participant of consensus. Thread-safe. */
public interface ConsensusValidator extends AutoCloseable {
    /**
     * Where it stands now.
     *
     * @return a snapshot
     */
    ConsensusStatus status();

    /** Stops voting and releases its files and threads; idempotent. */
    @Override
    void close();
}
