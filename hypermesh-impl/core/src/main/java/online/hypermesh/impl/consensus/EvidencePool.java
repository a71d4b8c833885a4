package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.impl.ledger.BlockTree;

/**
 * Proven equivocations that wait for a block: at most {@value #MAX_PER_VALIDATOR} of one validator, one per epoch, view and
 * offence. Confined to the core's thread.
 */
final class EvidencePool {
    static final int MAX_PER_VALIDATOR = 4;

    private final Turn turn;
    private final Seat seat;
    private final BlockTree tree;
    private final VoteVerifier verifier;
    private final PeerBook peers;
    private final OwnVotes ownVotes;
    private final TreeMap<byte[], Equivocation> waiting = new TreeMap<>(Arrays::compareUnsigned);

    EvidencePool(Turn turn, Seat seat, BlockTree tree, VoteVerifier verifier, PeerBook peers, OwnVotes ownVotes) {
        this.turn = turn;
        this.seat = seat;
        this.tree = tree;
        this.verifier = verifier;
        this.peers = peers;
        this.ownVotes = ownVotes;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int size() {
        return waiting.size();
    }

    /** What a block should carry next, in a fixed order. */
    List<Equivocation> candidates() {
        return new ArrayList<>(waiting.values());
    }

    private byte[] key(Equivocation e) {
        return e.stateKey(seat.set().get(e.validator()).id());
    }

    private boolean hasRoomFor(Equivocation e) {
        return !waiting.containsKey(key(e))
                && waiting.values().stream()
                                .filter(w -> w.validator() == e.validator())
                                .count()
                        < MAX_PER_VALIDATOR
                && tree.admits(tree.finalizedHead().id(), e);
    }

    /** Found here; both signatures were checked. */
    void found(Equivocation e) {
        turn.add(new Action.Report(e));
        if (hasRoomFor(e)) {
            waiting.put(key(e), e);
            if (seat.isValidator()) {
                turn.broadcast(new Message.Evidence(List.of(e)));
            }
        }
    }

    /** Shown by another validator; worth as much as its signatures. */
    void onShown(int from, Message.Evidence m) {
        for (Equivocation e : m.equivocations()) {
            if (peers.isDistrusted(from, turn.now())) {
                return;
            }
            if (e.epoch() != seat.epoch() || e.validator() >= seat.set().size() || !hasRoomFor(e)) {
                continue;
            }
            if (!verifier.holds(e.validator(), e.first(), e.firstSignature())
                    || !verifier.holds(e.validator(), e.second(), e.secondSignature())) {
                peers.distrust(from, turn.now());
                return;
            }
            waiting.put(key(e), e);
            turn.add(new Action.Report(e));
            if (e.validator() == seat.self()) {
                for (VoteStatement own : List.of(e.first(), e.second())) {
                    ownVotes.inspect(own);
                }
            }
        }
    }

    /** A block is final: what it carries, and what no block may carry any more, is done with. */
    void finalized(Block block) {
        for (Equivocation e : block.evidence()) {
            if (waiting.remove(key(e)) == null) {
                turn.add(new Action.Report(e));
            }
        }
    }

    /** Forgets what a child of the finalized head may not carry. */
    void prune() {
        waiting.values().removeIf(e -> !tree.admits(tree.finalizedHead().id(), e));
    }

    /** Shows what waits to the others again. */
    void rebroadcast() {
        if (!waiting.isEmpty() && seat.isValidator()) {
            turn.broadcast(
                    new Message.Evidence(candidates().subList(0, Math.min(waiting.size(), Message.MAX_EQUIVOCATIONS))));
        }
    }
}
