package online.hypermesh.impl.consensus.driver;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Takes transactions and bundles from clients over their channels and answers each when its outcome is certified. The
 * channel's identity decides about admission only: a bundle comes over the channel of its sender, and a channel has so many
 * transactions under way at most. What stands in a block is proven by the entry's own signature. Thread-safe.
 */
final class SessionService {
    /** Transactions of one channel that wait for their outcome. */
    static final int MAX_UNDER_WAY = 8192;

    private static final int RETRY_MILLIS = 20;
    private static final long REMEMBERED_BYTES = 16L << 20;

    private final ConsensusNode node;
    private final Messenger messenger;
    private final ConsensusMetrics metrics;
    private final Map<NodeId, AtomicInteger> underWay = new ConcurrentHashMap<>();
    private final AdmissionOrder order = new AdmissionOrder();

    /** Receipts of clients that hear several at once, by peer. */
    private final Map<NodeId, List<SessionMessage.Done>> together = new HashMap<>();

    /** Answers for clients that did not hear them and ask again. */
    private final Cache<Digest, SessionMessage> answered = Caffeine.newBuilder()
            .maximumWeight(REMEMBERED_BYTES)
            .weigher((Digest id, SessionMessage answer) -> SessionMessage.weight(answer))
            .executor(Runnable::run)
            .build();

    SessionService(ConsensusNode node, Messenger messenger, ConsensusMetrics metrics) {
        this.node = node;
        this.messenger = messenger;
        this.metrics = metrics;
    }

    void open(int maxTransactionBytes) {
        node.whenAnswered(this::tellTogether);
        messenger.receive(
                SessionMessage.SERVICE,
                Math.min(Messenger.MAX_BODY_BYTES, SessionMessage.maxBytes(maxTransactionBytes)),
                false,
                this::receive);
    }

    private byte[] receive(PeerIdentity peer, byte[] body) {
        SessionMessage message;
        try {
            message = SessionMessage.decode(body);
        } catch (CborException | IllegalArgumentException e) {
            // without a number there is nobody to answer to
            metrics.refused(Code.MALFORMED, 1);
            return new byte[0];
        }
        if (message instanceof SessionMessage.Submit submit) {
            if (admits(peer.id(), submit.number(), submit.entry())) {
                submit(peer.id(), submit);
            }
        } else if (message instanceof SessionMessage.SubmitAll all) {
            submitAll(peer.id(), all);
        }
        return new byte[0];
    }

    private void submitAll(NodeId peer, SessionMessage.SubmitAll m) {
        List<SessionMessage.Submit> transactions = new ArrayList<>();
        for (int i = 0; i < m.entries().size(); i++) {
            SessionMessage.Submit next =
                    new SessionMessage.Submit(m.number() + i, m.entries().get(i));
            if (next.entry() instanceof Bundle) {
                handIn(peer, transactions); // one after the other: whether there is room is judged in their order
                transactions.clear();
            }
            if (!admits(peer, next.number(), next.entry())) {
                continue;
            }
            if (next.entry() instanceof Transaction) {
                transactions.add(next);
            } else {
                submit(peer, next);
            }
        }
        handIn(peer, transactions);
        tellTogether();
    }

    private void handIn(NodeId peer, List<SessionMessage.Submit> admitted) {
        List<Submission<Receipt>> submissions = node.submitAll(
                admitted.stream().map(s -> (Transaction) s.entry()).toList());
        for (int i = 0; i < submissions.size(); i++) {
            SessionMessage.Submit s = admitted.get(i);
            answer(
                    peer,
                    s.number(),
                    s.entry(),
                    submissions.get(i).receipt(),
                    receipt -> new SessionMessage.Done(s.number(), receipt),
                    true);
        }
    }

    /** Whether an entry may be handed in; if not, that was answered. */
    private boolean admits(NodeId peer, long number, BodyEntry entry) {
        int count = entry.transactions().size();
        SessionMessage before = answered.getIfPresent(entry.id());
        if (before != null) {
            messenger.send(peer, SessionMessage.SERVICE, before.encode());
            return false;
        }
        if (entry instanceof Bundle && !entry.senderId().equals(peer)) {
            refuse(peer, number, count, Code.DENIED, 0, "a bundle comes over its sender's own channel");
            return false;
        }
        if (!order.enter(peer, entry.senderId(), entry.firstNonce(), System.nanoTime())) {
            refuse(
                    peer,
                    number,
                    count,
                    Code.BUSY,
                    RETRY_MILLIS,
                    "an entry of the same sender with an earlier nonce was refused and comes first");
            return false;
        }
        boolean[] room = new boolean[1];
        underWay.compute(peer, (id, known) -> {
            AtomicInteger waiting = known == null ? new AtomicInteger() : known;
            room[0] = waiting.get() + count <= MAX_UNDER_WAY;
            if (room[0]) {
                waiting.addAndGet(count);
            }
            return waiting.get() == 0 ? null : waiting;
        });
        if (!room[0]) {
            order.refused(peer, entry.senderId(), entry.firstNonce(), System.nanoTime());
            refuse(
                    peer,
                    number,
                    count,
                    Code.BUSY,
                    RETRY_MILLIS,
                    "this channel has " + MAX_UNDER_WAY + " transactions under way already; wait for answers");
            return false;
        }
        return true;
    }

    private void submit(NodeId peer, SessionMessage.Submit m) {
        BodyEntry entry = m.entry();
        if (entry instanceof Bundle bundle) {
            answer(
                    peer,
                    m.number(),
                    bundle,
                    node.submitTracked(bundle).receipt(),
                    receipt -> new SessionMessage.BundleDone(m.number(), receipt),
                    false);
        } else if (entry instanceof Transaction transaction) {
            answer(
                    peer,
                    m.number(),
                    transaction,
                    node.submitTracked(transaction).receipt(),
                    receipt -> new SessionMessage.Done(m.number(), receipt),
                    false);
        }
    }

    private <R> void answer(
            NodeId peer,
            long number,
            BodyEntry entry,
            CompletionStage<R> receipt,
            Function<R, SessionMessage> done,
            boolean withOthers) {
        int count = entry.transactions().size();
        receipt.whenComplete((r, failure) -> {
            underWay.computeIfPresent(peer, (id, waiting) -> waiting.addAndGet(-count) == 0 ? null : waiting);
            if (failure == null) {
                SessionMessage message = done.apply(r);
                answered.put(entry.id(), message);
                if (withOthers && message instanceof SessionMessage.Done one) {
                    keep(peer, one);
                } else {
                    messenger.send(peer, SessionMessage.SERVICE, message.encode());
                }
            } else {
                refuse(peer, number, entry, failure);
            }
        });
    }

    private void keep(NodeId peer, SessionMessage.Done one) {
        synchronized (together) {
            together.computeIfAbsent(peer, p -> new ArrayList<>()).add(one);
        }
    }

    /** Sends the receipts that were kept, those of one block in one message. */
    private void tellTogether() {
        Map<NodeId, List<SessionMessage.Done>> all;
        synchronized (together) {
            if (together.isEmpty()) {
                return;
            }
            all = Map.copyOf(together);
            together.clear();
        }
        all.forEach((peer, receipts) -> {
            for (SessionMessage.DoneAll some : SessionMessage.together(receipts)) {
                byte[] message =
                        some.receipts().size() == 1 ? some.receipts().get(0).encode() : some.encode();
                messenger.send(peer, SessionMessage.SERVICE, message);
            }
        });
    }

    private void refuse(NodeId peer, long number, BodyEntry entry, @Nullable Throwable failure) {
        int count = entry.transactions().size();
        Throwable cause = failure instanceof CompletionException c && c.getCause() != null ? c.getCause() : failure;
        if (cause instanceof HypermeshException h) {
            int retry = h.code() == Code.BUSY || h.retry() == Retry.SAME_CALL ? RETRY_MILLIS : 0;
            if (retry > 0) {
                order.refused(peer, entry.senderId(), entry.firstNonce(), System.nanoTime());
            }
            refuse(peer, number, count, h.code(), retry, String.valueOf(h.getMessage()));
        } else {
            refuse(peer, number, count, Code.CORRUPTED, 0, "the node failed on it: " + cause);
        }
    }

    private void refuse(NodeId peer, long number, int count, Code code, int retryMillis, String detail) {
        metrics.refused(code, count);
        String text = detail.length() > 1000 ? detail.substring(0, 1000) : detail;
        messenger.send(
                peer, SessionMessage.SERVICE, new SessionMessage.Refused(number, code, retryMillis, text).encode());
    }
}
