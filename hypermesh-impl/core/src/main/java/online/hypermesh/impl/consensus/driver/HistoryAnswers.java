package online.hypermesh.impl.consensus.driver;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.LongFunction;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Answers {@link HistoryService}, which is open to everybody, within what each asker is allowed. Hand-overs told last are
 * remembered, so that asking again reads nothing. Thread-safe.
 */
final class HistoryAnswers {
    /** Hand-overs that are read at a time; each may read the block that ended the epoch. */
    private static final int MAX_AT_ONCE = 2;
    /** What an answer costs besides its bytes: the headers behind a proof. */
    static final int QUESTION_BYTES = 16 << 10;

    private static final long REMEMBERED_BYTES = 8L << 20;

    private final LongFunction<Optional<HandOver>> handOvers;
    private final LongFunction<Optional<AncestorProof>> ancestors;
    private final Semaphore places = new Semaphore(MAX_AT_ONCE);
    private final Cache<Long, byte[]> told = Caffeine.newBuilder()
            .maximumWeight(REMEMBERED_BYTES)
            .weigher((Long epoch, byte[] handOver) -> handOver.length)
            .executor(Runnable::run)
            .build();

    HistoryAnswers(LongFunction<Optional<HandOver>> handOvers, LongFunction<Optional<AncestorProof>> ancestors) {
        this.handOvers = handOvers;
        this.ancestors = ancestors;
    }

    /**
     * Answers, or throws BUSY: the asker used up what it is allowed, or too many ask.
     *
     * @param budget of this moment's validators
     */
    byte[] answer(NodeId peer, byte[] body, AskerBudget budget, long nowNanos) {
        HistoryService.Request request = HistoryService.Request.decode(body);
        budget.require(peer, nowNanos);
        budget.spend(peer, QUESTION_BYTES, nowNanos);
        byte[] answer = request.answer(
                request.ancestor()
                        ? ancestors.apply(request.wanted()).map(AncestorProof::encode)
                        : handOver(peer, request.wanted(), budget, nowNanos));
        budget.spend(peer, answer.length, nowNanos);
        return answer;
    }

    private Optional<byte[]> handOver(NodeId peer, long epoch, AskerBudget budget, long nowNanos) {
        byte[] known = told.getIfPresent(epoch);
        if (known != null) {
            return Optional.of(known);
        }
        if (!places.tryAcquire()) {
            throw new HypermeshException(
                    Code.BUSY,
                    Retry.SAME_CALL,
                    MAX_AT_ONCE + " ends of epochs are being read already, the limit; ask again or another node");
        }
        try {
            Optional<HandOver> read = handOvers.apply(epoch);
            read.ifPresent(h -> budget.spend(peer, h.header().bodyLength(), nowNanos));
            Optional<byte[]> encoded = read.map(HandOver::encode);
            encoded.ifPresent(e -> told.put(epoch, e));
            return encoded;
        } finally {
            places.release();
        }
    }
}
