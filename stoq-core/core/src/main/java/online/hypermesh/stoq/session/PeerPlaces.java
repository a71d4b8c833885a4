package online.hypermesh.stoq.session;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/** Accepted connections of each node, from the moment in which it has proven itself to the end. Thread-safe. */
final class PeerPlaces {
    private final int perPeer;
    private final Map<NodeId, Integer> taken = new ConcurrentHashMap<>();

    PeerPlaces(int perPeer) {
        this.perPeer = perPeer;
    }

    /**
     * Takes a place for as long as the connection lasts.
     *
     * @throws StoqException BUSY when the node has as many connections as it may
     */
    void enter(NodeId peer, EngineConnection connection) {
        int now = taken.merge(peer, 1, Integer::sum);
        if (now > perPeer) {
            leave(peer);
            throw new StoqException(
                    StoqException.Code.BUSY,
                    Retry.SAME_CALL,
                    "node " + peer.toShortString() + " has " + perPeer
                            + " connections here, the limit; use or close those");
        }
        connection.onClosed(reason -> leave(peer));
    }

    private void leave(NodeId peer) {
        taken.computeIfPresent(peer, (same, count) -> count == 1 ? null : count - 1);
    }
}
