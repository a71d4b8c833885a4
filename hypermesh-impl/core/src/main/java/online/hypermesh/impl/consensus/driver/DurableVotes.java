package online.hypermesh.impl.consensus.driver;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.impl.consensus.EpochView;
import online.hypermesh.impl.consensus.Recovered;
import online.hypermesh.impl.consensus.StartMode;
import online.hypermesh.impl.consensus.VoteLog;
import online.hypermesh.impl.consensus.VoteRecord;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * A validator's vote log: opened with care, because a log that is missing, older or another's leads to contradicting votes,
 * and synced before anything leaves that depends on it. Does nothing for a node that only follows. Used by one thread at a
 * time: once the consensus thread runs, by that and by the one that {@link ActionQueue} starts.
 */
final class DurableVotes implements ActionQueue.Votes {
    private static final Logger LOG = System.getLogger(DurableVotes.class.getName());
    private static final long COMPACT_BYTES = 16L << 20;

    private final Optional<ConsensusConfig.Voting> config;
    private final Parameters parameters;
    private final NetworkId network;
    private final NodeId self;
    private final ConsensusMetrics metrics;
    private @Nullable VoteLog voteLog;
    /** Length after the last compaction: batches that are held stay. */
    private long keptBytes;

    private boolean voteLogIdUnstored;

    DurableVotes(
            Optional<ConsensusConfig.Voting> config,
            Parameters parameters,
            NetworkId network,
            NodeId self,
            ConsensusMetrics metrics) {
        this.config = config;
        this.parameters = parameters;
        this.network = network;
        this.self = self;
        this.metrics = metrics;
    }

    /**
     * How a validator begins.
     *
     * @param mode whether its log is to be believed
     * @param recovered what the log holds
     * @param stopped why it does not sign until the operator acts; null when it may
     */
    record Opened(
            StartMode mode, Recovered recovered, @Nullable String stopped) {}

    Opened open() {
        if (config.isEmpty()) {
            return new Opened(StartMode.FRESH, Recovered.NOTHING, null);
        }
        ConsensusConfig.Voting voting = config.get();
        boolean exists = Files.exists(voting.log());
        if (voting.expectedLogId().isEmpty() && !exists) {
            // The keystore may be older than the first vote: the others are asked before the key is used.
            createLog(voting);
            storeLogId(voting);
            return new Opened(StartMode.CHECK_LOG, Recovered.NOTHING, null);
        }
        if (!exists) {
            return new Opened(StartMode.REJOIN, Recovered.NOTHING, null);
        }
        VoteLog.Opened opened;
        try {
            opened = VoteLog.open(file(voting), parameters, network, self);
        } catch (HypermeshException e) {
            if (e.code() != Code.CORRUPTED && e.code() != Code.STORAGE_FAILED) {
                throw e;
            }
            return new Opened(StartMode.REJOIN, Recovered.NOTHING, "stopped: " + e.getMessage());
        }
        boolean expected = voting.expectedLogId().isEmpty()
                || Arrays.equals(voting.expectedLogId().get(), opened.log().id());
        if (!expected) {
            opened.log().close();
            return new Opened(StartMode.REJOIN, Recovered.NOTHING, null);
        }
        voteLog = opened.log();
        Recovered recovered = Recovered.of(opened.records());
        if (voting.expectedLogId().isEmpty()) {
            storeLogId(voting);
        }
        return new Opened(StartMode.CHECK_LOG, recovered, null);
    }

    private static FileAppendFile file(ConsensusConfig.Voting voting) {
        try {
            return FileAppendFile.open(voting.log());
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "The vote log " + voting.log() + " cannot be opened: " + e, e);
        }
    }

    private void createLog(ConsensusConfig.Voting voting) {
        byte[] id = new byte[VoteLog.ID_LENGTH];
        new SecureRandom().nextBytes(id);
        voteLog = VoteLog.create(file(voting), parameters, id, network, self);
    }

    private void storeLogId(ConsensusConfig.Voting voting) {
        if (voteLog != null) {
            voting.logIdStore().accept(voteLog.id());
        }
    }

    @Override
    public void append(VoteRecord record) {
        if (voteLog == null) {
            config.ifPresent(this::createLog);
            voteLogIdUnstored = true;
        }
        if (voteLog != null) {
            voteLog.append(record);
        }
    }

    @Override
    public void flush() {
        if (voteLog == null || !voteLog.isDirty()) {
            return;
        }
        long begin = System.nanoTime();
        voteLog.flush();
        metrics.votesSynced(System.nanoTime() - begin);
        if (voteLogIdUnstored) {
            config.ifPresent(this::storeLogId);
            voteLogIdUnstored = false;
        }
    }

    @Override
    public boolean isDirty() {
        return voteLog != null && voteLog.isDirty();
    }

    /** Whether the log is so long that votes below the final view are to be forgotten. */
    boolean isLong() {
        return voteLog != null && voteLog.sizeBytes() - 2 * keptBytes > COMPACT_BYTES;
    }

    /** Votes below a final view need not be held in memory. */
    void forget(EpochView finalView) {
        if (voteLog != null) {
            voteLog.forget(finalView);
        }
    }

    /** Forgets votes below a final view; the blocks that make it final are durable. */
    void compact(EpochView finalView) {
        if (voteLog != null) {
            voteLog.compact(finalView);
            keptBytes = voteLog.sizeBytes();
        }
    }

    void close() {
        if (voteLog != null) {
            try {
                voteLog.close();
            } catch (HypermeshException e) {
                LOG.log(Level.WARNING, "The vote log did not close", e);
            }
        }
    }
}
