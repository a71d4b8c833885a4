package online.hypermesh.node.client;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.impl.consensus.driver.HistoryService;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/** How epochs ended, as untrusted nodes say, one after another. Thread-safe. */
final class HandOvers {
    private final Messenger messenger;
    private final Set<NodeId> sources;
    private final Duration timeout;

    HandOvers(Messenger messenger, Set<NodeId> sources, Duration timeout) {
        this.messenger = messenger;
        this.sources = new LinkedHashSet<>(sources);
        this.timeout = timeout;
    }

    /** The first answer; nothing of it is verified. */
    Optional<HandOver> of(long epoch) {
        for (NodeId source : sources) {
            Optional<HandOver> told = ask(source, epoch);
            if (told.isPresent()) {
                return told;
            }
        }
        return Optional.empty();
    }

    private Optional<HandOver> ask(NodeId source, long epoch) {
        return HistoryService.ask(messenger, source, epoch, timeout);
    }

    /**
     * A light client that begins with a checkpoint, whose header and set any of the nodes may show.
     *
     * @throws HypermeshException CHECKPOINT_TOO_OLD, INVALID_PROOF when all who know of that end show another one, NOT_FOUND when
     *     nobody does
     */
    CertificateLightClient trusting(
            Genesis genesis, TrustedCheckpoint checkpoint, Duration trustPeriod, InstantSource clock) {
        List<String> others = new ArrayList<>();
        for (NodeId source : sources) {
            HandOver told = ask(source, checkpoint.epoch()).orElse(null);
            if (told == null) {
                continue;
            }
            try {
                return CertificateLightClient.fromCheckpoint(
                        genesis, checkpoint.headerId(), told.header(), told.next(), trustPeriod, clock);
            } catch (HypermeshException e) {
                if (e.code() == Code.CHECKPOINT_TOO_OLD) {
                    throw new HypermeshException(
                            e.code(),
                            Retry.NEVER,
                            "Checkpoint " + checkpoint + " cannot be begun with. " + e.getMessage()
                                    + ": on a node or client of theirs, hypermesh checkpoint prints it",
                            e);
                }
                others.add(
                        source.toShortString() + " shows " + told.header().id().toShortHex());
            }
        }
        if (others.isEmpty()) {
            throw new HypermeshException(
                    Code.NOT_FOUND,
                    Retry.WHOLE_OPERATION,
                    "none of " + sources.size() + " nodes says how epoch " + checkpoint.epoch()
                            + " ended. Check that they run, and the epoch of the checkpoint");
        }
        throw new HypermeshException(
                Code.INVALID_PROOF,
                Retry.NEVER,
                "checkpoint " + checkpoint + " does not match: of the end of epoch " + checkpoint.epoch() + " "
                        + String.join(", ", others)
                        + ". Compare it with whoever gave it to you; if it is right, these nodes are of another history"
                        + " and not to be trusted");
    }
}
