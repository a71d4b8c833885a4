package online.hypermesh.impl.consensus.driver;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.consensus.PendingTransactions;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.crypto.SigningKey;

/**
 * What a {@link ConsensusNode} is made of. Storage and messenger stay the caller's to close.
 *
 * @param genesis the founding document
 * @param tree at the genesis block, or at that of a snapshot; touched only by the node's thread once the node is started
 * @param pending transactions that wait
 * @param storage finalized blocks
 * @param messenger speaks for this node's identity
 * @param voting how it votes; empty for a node that only follows
 * @param clock wall clock
 * @param callTimeout longest wait of calls that must ask the consensus thread
 * @param metrics told what happens
 * @param snapshots how it keeps snapshots of its state; empty for a node that keeps none
 */
public record ConsensusConfig(
        Genesis genesis,
        BlockTree tree,
        PendingTransactions pending,
        BlockStorage storage,
        Messenger messenger,
        Optional<Voting> voting,
        InstantSource clock,
        Duration callTimeout,
        ConsensusMetrics metrics,
        Optional<Snapshots> snapshots) {
    /** Longest wait of calls that must ask the consensus thread, unless chosen otherwise. */
    public static final Duration DEFAULT_CALL_TIMEOUT = Duration.ofSeconds(10);

    /**
     * How a validator votes.
     *
     * @param keys its voting keys, of which each epoch's validator set names one: the one in use and, while it is being
     *     replaced, the new one
     * @param log the file that remembers its votes
     * @param expectedLogId what {@code logIdStore} was given last, kept apart from the data directory; empty for a key that
     *     never voted
     * @param logIdStore remembers the id of a new vote log, durably before it returns
     */
    public record Voting(List<SigningKey> keys, Path log, Optional<byte[]> expectedLogId, Consumer<byte[]> logIdStore) {
        /**
         * Copies the list.
         *
         * @param keys at least one
         * @param log the file that remembers its votes
         * @param expectedLogId what {@code logIdStore} was given last
         * @param logIdStore remembers the id of a new vote log
         */
        public Voting {
            keys = List.copyOf(keys);
            if (keys.isEmpty()) {
                throw new IllegalArgumentException("a validator has a voting key");
            }
        }

        /**
         * With one key.
         *
         * @param key its voting key
         * @param log the file that remembers its votes
         * @param expectedLogId what {@code logIdStore} was given last
         * @param logIdStore remembers the id of a new vote log
         */
        public Voting(SigningKey key, Path log, Optional<byte[]> expectedLogId, Consumer<byte[]> logIdStore) {
            this(List.of(key), log, expectedLogId, logIdStore);
        }
    }

    /**
     * With the system's clock and {@link #DEFAULT_CALL_TIMEOUT}.
     *
     * @param genesis the founding document
     * @param tree at the genesis block
     * @param pending transactions that wait
     * @param storage finalized blocks
     * @param messenger speaks for this node's identity
     * @param voting how it votes; empty for a node that only follows
     */
    public ConsensusConfig(
            Genesis genesis,
            BlockTree tree,
            PendingTransactions pending,
            BlockStorage storage,
            Messenger messenger,
            Optional<Voting> voting) {
        this(
                genesis,
                tree,
                pending,
                storage,
                messenger,
                voting,
                InstantSource.system(),
                DEFAULT_CALL_TIMEOUT,
                ConsensusMetrics.NONE,
                Optional.empty());
    }

    /**
     * The same with somebody who is told what happens.
     *
     * @param listener thread-safe, quick
     * @return the configuration
     */
    public ConsensusConfig withMetrics(ConsensusMetrics listener) {
        return new ConsensusConfig(
                genesis, tree, pending, storage, messenger, voting, clock, callTimeout, listener, snapshots);
    }

    /**
     * The same with snapshots.
     *
     * @param kept how the node keeps them
     * @return the configuration
     */
    public ConsensusConfig withSnapshots(Snapshots kept) {
        return new ConsensusConfig(
                genesis, tree, pending, storage, messenger, voting, clock, callTimeout, metrics, Optional.of(kept));
    }
}
