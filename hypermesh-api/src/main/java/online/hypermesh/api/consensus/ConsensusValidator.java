package online.hypermesh.api.consensus;

/** A running participant of consensus. Thread-safe. */
public interface ConsensusValidator extends AutoCloseable {
    /**
     * Where it stands now.
     *
     * @return a snapshot
     */
    ConsensusStatus status();

    /**
     * Hears of validators that contradict themselves, from now on.
     *
     * @param listener called on a thread of this validator; must return soon
     * @return ends it
     */
    AutoCloseable watchEquivocations(EquivocationListener listener);

    /** Stops voting and releases its files and threads; idempotent. */
    @Override
    void close();
}
