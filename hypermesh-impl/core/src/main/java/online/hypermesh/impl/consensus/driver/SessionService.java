package online.hypermesh.impl.consensus.driver;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
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

    /** Answers for clients that did not hear them and ask again. */
    private final Cache<Digest, byte[]> answered = Caffeine.newBuilder()
            .maximumWeight(REMEMBERED_BYTES)
            .weigher((Digest id, byte[] answer) -> answer.length)
            .executor(Runnable::run)
            .build();

    SessionService(ConsensusNode node, Messenger messenger, ConsensusMetrics metrics) {
        this.node = node;
        this.messenger = messenger;
        this.metrics = metrics;
    }

    void open(int maxTransactionBytes) {
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
            submit(peer.id(), submit);
        }
        return new byte[0];
    }

    private void submit(NodeId peer, SessionMessage.Submit m) {
        BodyEntry entry = m.entry();
        int count = entry.transactions().size();
        byte[] before = answered.getIfPresent(entry.id());
        if (before != null) {
            messenger.send(peer, SessionMessage.SERVICE, before);
            return;
        }
        if (entry instanceof Bundle && !entry.senderId().equals(peer)) {
            refuse(peer, m.number(), count, Code.DENIED, 0, "a bundle comes over its sender's own channel");
            return;
        }
        if (!order.enter(peer, entry.senderId(), entry.firstNonce(), System.nanoTime())) {
            refuse(
                    peer,
                    m.number(),
                    count,
                    Code.BUSY,
                    RETRY_MILLIS,
                    "an entry of the same sender with an earlier nonce was refused and comes first");
            return;
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
                    m.number(),
                    count,
                    Code.BUSY,
                    RETRY_MILLIS,
                    "this channel has " + MAX_UNDER_WAY + " transactions under way already; wait for answers");
            return;
        }
        if (entry instanceof Bundle bundle) {
            answer(
                    peer,
                    m.number(),
                    bundle,
                    node.submitTracked(bundle).receipt(),
                    receipt -> new SessionMessage.BundleDone(m.number(), receipt));
        } else if (entry instanceof Transaction transaction) {
            answer(
                    peer,
                    m.number(),
                    transaction,
                    node.submitTracked(transaction).receipt(),
                    receipt -> new SessionMessage.Done(m.number(), receipt));
        }
    }

    private <R> void answer(
            NodeId peer, long number, BodyEntry entry, CompletionStage<R> receipt, Function<R, SessionMessage> done) {
        int count = entry.transactions().size();
        receipt.whenComplete((r, failure) -> {
            underWay.computeIfPresent(peer, (id, waiting) -> waiting.addAndGet(-count) == 0 ? null : waiting);
            if (failure == null) {
                byte[] encoded = done.apply(r).encode();
                answered.put(entry.id(), encoded);
                messenger.send(peer, SessionMessage.SERVICE, encoded);
            } else {
                refuse(peer, number, entry, failure);
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
