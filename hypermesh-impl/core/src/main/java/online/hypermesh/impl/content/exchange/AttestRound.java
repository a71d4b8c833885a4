package online.hypermesh.impl.content.exchange;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.id.NodeId;

/** Collects receipts for one pack list from as many validators as needed, asking those that fail again until the deadline. */
final class AttestRound {
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final int required;
    private final Collection<PeerLane> lanes;
    private final ExchangeSettings settings;
    private final Question question;
    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final List<StorageReceipt> receipts = new ArrayList<>();
    private final Set<NodeId> done = new HashSet<>();
    private final Set<NodeId> asked = new HashSet<>();
    private final Map<NodeId, Long> notBefore = new HashMap<>();
    private final Map<NodeId, String> failures = new TreeMap<>();

    /** Asks one peer for its receipt. */
    interface Question {
        List<StorageReceipt> ask(NodeId peer, Duration deadline);
    }

    private record Answer(NodeId peer, List<StorageReceipt> receipts, String failure) {}

    AttestRound(
            StorageReceipt own,
            boolean ownCounts,
            int required,
            Collection<PeerLane> lanes,
            ExchangeSettings settings,
            Question question) {
        this.required = required;
        this.lanes = lanes;
        this.settings = settings;
        this.question = question;
        if (ownCounts) {
            receipts.add(own);
        }
    }

    /** Waits until there are enough receipts or the deadline passes. */
    List<StorageReceipt> collect() {
        long end = System.nanoTime() + settings.commitDeadline().toNanos();
        try {
            for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
                for (PeerLane lane : lanes) {
                    ask(lane, now, end);
                }
                if (receipts.size() >= required && asked.isEmpty()) {
                    break;
                }
                Answer answer = answers.poll(
                        receipts.size() >= required ? 0 : Math.min(POLL_NANOS, end - now), TimeUnit.NANOSECONDS);
                if (answer == null && receipts.size() >= required) {
                    break;
                }
                if (answer != null) {
                    take(answer);
                }
            }
        } catch (InterruptedException e) {
            throw PackExchange.interrupted(e);
        }
        return List.copyOf(receipts);
    }

    /** Why each validator without a receipt has none. */
    Map<NodeId, String> failures() {
        for (PeerLane lane : lanes) {
            if (!done.contains(lane.peer())) {
                failures.putIfAbsent(lane.peer(), lane.failure().isEmpty() ? "no answer yet" : lane.failure());
            }
        }
        return failures;
    }

    private void ask(PeerLane lane, long now, long end) {
        NodeId peer = lane.peer();
        if (done.contains(peer) || asked.contains(peer) || now < notBefore.getOrDefault(peer, now) || !lane.mayTry()) {
            return;
        }
        Duration left =
                Duration.ofNanos(Math.min(end - now, settings.packDeadline().toNanos()));
        if (lane.attest(() -> answers.add(answer(lane, left)))) {
            asked.add(peer);
        } else {
            lane.fail("too many commits wait for it");
        }
    }

    private Answer answer(PeerLane lane, Duration left) {
        try {
            lane.awaitEarlier(left.toNanos());
            List<StorageReceipt> answer = question.ask(lane.peer(), left);
            lane.succeed();
            return new Answer(lane.peer(), answer, answer.isEmpty() ? "gave no receipt" : "");
        } catch (StoqException e) {
            CodedException reported = ExchangeMessages.kernel(e);
            if (reported instanceof HypermeshException) {
                lane.succeed();
            } else {
                lane.fail(e.code().name());
            }
            return new Answer(lane.peer(), List.of(), reported.codeName() + ": " + reported.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            lane.fail("interrupted");
            return new Answer(lane.peer(), List.of(), "this node is closing");
        } catch (HypermeshException | CborException e) {
            lane.succeed();
            return new Answer(lane.peer(), List.of(), e.codeName() + ": " + e.getMessage());
        }
    }

    private void take(Answer answer) {
        asked.remove(answer.peer());
        if (answer.receipts().isEmpty()) {
            failures.put(answer.peer(), answer.failure());
            long pause = answer.failure().startsWith(Code.BUSY.name())
                    ? POLL_NANOS
                    : settings.pauseAfterFailure().toNanos();
            notBefore.put(answer.peer(), System.nanoTime() + pause);
            return;
        }
        failures.remove(answer.peer());
        done.add(answer.peer());
        receipts.add(answer.receipts().get(0));
    }
}
