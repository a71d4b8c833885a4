package online.hypermesh.node.service;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.id.NodeId;

/** Asks the other validators for their {@link Presence} and remembers the answers with their times. Thread-safe. */
final class PeerWatch {
    /** Longest wait for one answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Messenger messenger;
    private final List<NodeId> peers;
    private final Executor workers;
    private final Clock clock;
    private final Runnable heard;
    private final Map<NodeId, Seen> seen = new ConcurrentHashMap<>();
    private final Set<NodeId> asking = ConcurrentHashMap.newKeySet();

    /** An answer and when it came. */
    record Seen(long atMillis, Presence presence) {}

    PeerWatch(Messenger messenger, List<NodeId> peers, Executor workers, Clock clock, Runnable heard) {
        this.messenger = messenger;
        this.peers = List.copyOf(peers);
        this.workers = workers;
        this.clock = clock;
        this.heard = heard;
    }

    /** Asks every peer that was not heard from lately; at most one question to a peer at a time. */
    void ask(long atMostAgeMillis) {
        long now = clock.millis();
        for (NodeId peer : peers) {
            Seen last = seen.get(peer);
            boolean recent = last != null && now - last.atMillis() < atMostAgeMillis;
            if (!recent && asking.add(peer)) {
                try {
                    workers.execute(() -> askOne(peer));
                } catch (RejectedExecutionException e) {
                    asking.remove(peer); // busy: asked again at the next tick
                }
            }
        }
    }

    private void askOne(NodeId peer) {
        try {
            Presence presence = Presence.decode(messenger.request(peer, Presence.SERVICE, new byte[0], PATIENCE));
            seen.put(peer, new Seen(clock.millis(), presence));
            heard.run();
        } catch (CodedException e) {
            System.getLogger(PeerWatch.class.getName())
                    .log(System.Logger.Level.DEBUG, "{0} does not answer: {1}", peer.toShortString(), e.getMessage());
        } finally {
            asking.remove(peer);
        }
    }

    /** The peers heard from within a time. */
    Map<NodeId, Presence> recent(long maxAgeMillis) {
        long now = clock.millis();
        Map<NodeId, Presence> recent = new HashMap<>();
        seen.forEach((peer, s) -> {
            if (now - s.atMillis() <= maxAgeMillis) {
                recent.put(peer, s.presence());
            }
        });
        return recent;
    }
}
