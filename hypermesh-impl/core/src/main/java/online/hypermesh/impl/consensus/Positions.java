package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.id.NodeId;

/** Saying where this node stands, and giving those who are behind what they lack. Confined to the core's thread. */
final class Positions {
    static final long IDLE_NANOS = 2_000 * Turn.MILLI;

    private final Turn turn;
    private final Seat seat;
    private final BlockTree tree;
    private final ViewBook views;
    private final Pacemaker pacemaker;
    private final PeerBook peers;
    private long lastNanos;

    Positions(Turn turn, Seat seat, BlockTree tree, ViewBook views, Pacemaker pacemaker, PeerBook peers) {
        this.turn = turn;
        this.seat = seat;
        this.tree = tree;
        this.views = views;
        this.pacemaker = pacemaker;
        this.peers = peers;
    }

    void start(long now) {
        lastNanos = now;
    }

    /** When even an idle node says where it stands. */
    long dueNanos() {
        return lastNanos + IDLE_NANOS;
    }

    void tellAll() {
        lastNanos = turn.now();
        turn.broadcast(position());
    }

    private Message.Position position() {
        long view = pacemaker.view();
        return new Message.Position(seat.epoch(), view, tree.finalizedHead().height(), views.lacksFrom(view));
    }

    /** Asks a validator that is ahead for what this node lacks. */
    void askFor(int from) {
        if (peers.mayAsk(from, turn.now())) {
            turn.send(seat.set().get(from).id(), position());
        }
    }

    /** Tells a peer of an earlier epoch where this node is, so that it catches up. */
    void tell(NodeId to) {
        if (peers.mayAnswer(to, turn.now())) {
            turn.send(to, position());
        }
    }

    /** A peer speaks of another epoch than this node's: whoever is behind learns of it. */
    void onElsewhere(NodeId from, int index, long epoch) {
        if (epoch < seat.epoch()) {
            tell(from);
        } else if (index >= 0) {
            askFor(index);
        }
    }

    /** @param index the sender's; -1 for one that is no validator */
    void onPosition(NodeId from, int index, Message.Position m) {
        if (m.epoch() != seat.epoch()) {
            if (index >= 0 && m.epoch() > seat.epoch()) {
                peers.claimsHeight(index, m.finalizedHeight());
            } else if (m.epoch() < seat.epoch()) {
                tell(from);
            }
            return;
        }
        if (index >= 0) {
            peers.claimsHeight(index, m.finalizedHeight());
            if (m.view() > pacemaker.view()) {
                askFor(index);
            }
        }
        if (m.finalizedHeight() < tree.finalizedHead().height() || m.lacksFrom() < pacemaker.view()) {
            help(from, index, Math.min(m.lacksFrom(), m.view()));
        }
    }

    /** Sends a peer what it lacks, from a view on, to reach this node's view. */
    void help(NodeId to, int index, long fromView) {
        if (!peers.mayAnswer(to, turn.now())) {
            return;
        }
        turn.send(to, position());
        if (index < 0) {
            return;
        }
        List<Certificate> certificates = views.help(fromView);
        if (!certificates.isEmpty()) {
            turn.send(to, new Message.Certificates(certificates));
        }
    }
}
