package online.hypermesh.impl.consensus.driver;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.PeerBudget;
import online.hypermesh.impl.consensus.PendingTransactions;
import online.hypermesh.impl.snapshot.SnapshotService;
import online.hypermesh.impl.snapshot.SnapshotStore;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/** What a node takes in from peers, and what it answers them. Thread-safe. */
final class PeerServices {
    private final NodeId self;
    private final Messenger messenger;
    private final Parameters parameters;
    private final BlockStorage storage;
    private final PendingTransactions pending;
    private final Inbox inbox;
    private final HistoryAnswers history;
    private final AncestorPaths paths;
    private final StateQueries queries;
    private final Optional<Snapshots> snapshots;
    private volatile Members members;

    PeerServices(
            ConsensusConfig config, Inbox inbox, HistoryAnswers history, AncestorPaths paths, StateQueries queries) {
        this.messenger = config.messenger();
        this.self = messenger.self();
        this.parameters = config.genesis().parameters();
        this.storage = config.storage();
        this.pending = config.pending();
        this.inbox = inbox;
        this.history = history;
        this.paths = paths;
        this.queries = queries;
        this.snapshots = config.snapshots();
        this.members = Members.of(config.tree().validators(), self);
    }

    /** Other validators are in charge from now on. */
    void epochBegan(ValidatorSet set) {
        members = Members.of(set, self);
    }

    /** Whom votes go to. */
    List<NodeId> others() {
        return members.others();
    }

    void open() {
        int maxMessage = Math.min(Messenger.MAX_BODY_BYTES, parameters.maxBlockBytes() + (1 << 20));
        messenger.receive(ConsensusNode.MESSAGE_SERVICE, maxMessage, true, new Messages());
        messenger.serve(
                ConsensusNode.CATCH_UP_SERVICE,
                CatchUpService.MAX_REQUEST_BYTES,
                true,
                (peer, body) -> CatchUpService.answer(
                        peer.id(), body, storage, paths, parameters, members.catchUpBudget(), System.nanoTime()));
        messenger.serve(
                HistoryService.SERVICE,
                HistoryService.MAX_REQUEST_BYTES,
                false,
                (peer, body) -> history.answer(peer.id(), body, members.historyBudget(), System.nanoTime()));
        snapshots.ifPresent(kept -> messenger.serve(
                SnapshotService.SERVICE,
                SnapshotService.MAX_REQUEST_BYTES,
                true,
                (peer, body) -> snapshotAnswer(peer.id(), body, kept.store())));
        messenger.serve(
                ReadService.SERVICE,
                ReadService.MAX_REQUEST_BYTES,
                true,
                (peer, body) -> ReadService.answer(body, queries::readForPeer, queries::prove));
    }

    private byte[] snapshotAnswer(NodeId peer, byte[] body, SnapshotStore store) {
        PeerBudget budget = members.snapshotBudget();
        if (!budget.allows(peer, System.nanoTime())) {
            throw new HypermeshException(
                    Code.BUSY,
                    Retry.SAME_CALL,
                    peer.toShortString() + " was sent " + Members.SNAPSHOT_BURST_BYTES
                            + " bytes of snapshots at once and " + Members.SNAPSHOT_BYTES_PER_SECOND
                            + " per second, the limit; ask later or another node");
        }
        byte[] answer = SnapshotService.answer(body, store);
        budget.spend(peer, answer.length, System.nanoTime());
        return answer;
    }

    /** What concerns consensus goes to its thread; transactions are checked before. */
    private final class Messages implements RequestHandler {
        @Override
        public boolean handleAtOnce(PeerIdentity peer, byte[] body) {
            if (!Message.isLight(body)) {
                return false;
            }
            try {
                handle(peer, body);
                return true;
            } catch (CborException | IllegalArgumentException e) {
                return false; // a worker finds the same and tells; writing logs would hold up everybody here
            }
        }

        @Override
        public byte[] handle(PeerIdentity peer, byte[] body) {
            Message message = Message.decode(body, parameters);
            if (message instanceof Message.Gossip gossip) {
                List<BodyEntry> taken = gossip.entries().stream()
                        .filter(t -> pending.offer(t).accepted())
                        .toList();
                if (!taken.isEmpty()) {
                    inbox.fromPeer(peer.id(), new Event.Taken(taken, false), body.length);
                }
            } else if (message instanceof Message.BatchOffered offered
                    && members.set().indexOf(peer.id()).isPresent()) {
                // signatures are checked here and not on the core's thread, which judges the batch
                offered.batch().entries().forEach(pending::offer);
                inbox.fromPeer(peer.id(), new Event.Received(peer.id(), message), body.length);
            } else if (message instanceof Message.Position
                    || message instanceof Message.BlockWanted
                    || message instanceof Message.BatchWanted
                    || members.set().indexOf(peer.id()).isPresent()) {
                inbox.fromPeer(peer.id(), new Event.Received(peer.id(), message), body.length);
            }
            return new byte[0];
        }
    }
}
