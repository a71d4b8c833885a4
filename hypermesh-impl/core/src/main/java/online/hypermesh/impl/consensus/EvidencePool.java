package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.id.NodeId;

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
    private final VoteVerifier verifierBefore;
    private final PeerBook peers;
    private final OwnVotes ownVotes;
    private final TreeMap<byte[], Equivocation> waiting = new TreeMap<>(Arrays::compareUnsigned);

    /** @param verifierBefore checks votes of the epoch before */
    EvidencePool(
            Turn turn,
            Seat seat,
            BlockTree tree,
            VoteVerifier verifier,
            VoteVerifier verifierBefore,
            PeerBook peers,
            OwnVotes ownVotes) {
        this.turn = turn;
        this.seat = seat;
        this.tree = tree;
        this.verifier = verifier;
        this.verifierBefore = verifierBefore;
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

    /** The accused, when the epoch's validators are still known. */
    private Optional<NodeId> accused(Equivocation e) {
        Optional<ValidatorSet> set = e.epoch() == seat.epoch() ? Optional.of(seat.set()) : tree.validators(e.epoch());
        return set.filter(s -> e.validator() < s.size())
                .map(s -> s.get(e.validator()).id());
    }

    private byte[] key(Equivocation e) {
        return e.stateKey(accused(e).orElseThrow());
    }

    private boolean hasRoomFor(Equivocation e) {
        Optional<NodeId> accused = accused(e);
        return accused.isPresent()
                && !waiting.containsKey(key(e))
                && waiting.values().stream()
                                .filter(w -> accused(w).equals(accused))
                                .count()
                        < MAX_PER_VALIDATOR
                && tree.admits(tree.finalizedHead().id(), e);
    }

    /** Those that no block of the epoch before carried. */
    void inherit(EvidencePool before) {
        for (Equivocation e : before.waiting.values()) {
            if (hasRoomFor(e)) {
                waiting.put(key(e), e);
            }
        }
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
            if (!hasRoomFor(e)) {
                continue;
            }
            VoteVerifier checker = e.epoch() == seat.epoch() ? verifier : verifierBefore;
            if (!checker.holds(e.validator(), e.first(), e.firstSignature())
                    || !checker.holds(e.validator(), e.second(), e.secondSignature())) {
                peers.distrust(from, turn.now());
                return;
            }
            waiting.put(key(e), e);
            turn.add(new Action.Report(e));
            if (e.epoch() == seat.epoch() && e.validator() == seat.self()) {
                for (VoteStatement own : List.of(e.first(), e.second())) {
                    ownVotes.inspect(own);
                }
            }
        }
    }

    /** A block is final: what it carries, and what no block may carry any more, is done with. */
    void finalized(Block block) {
        for (Equivocation e : block.evidence()) {
            if (accused(e).isEmpty() || waiting.remove(key(e)) == null) {
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
