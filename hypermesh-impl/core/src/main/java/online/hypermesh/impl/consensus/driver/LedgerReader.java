package online.hypermesh.impl.consensus.driver;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.OrderedRead;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.ReadLevel;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.error.Retry;

/** Reads through a session's node, each with the level it asks for. Blocks the caller, up to a deadline. Thread-safe. */
public final class LedgerReader {
    private final LedgerSession session;

    /**
     * Reads through a session.
     *
     * @param session stays open, and stays the caller's
     */
    public LedgerReader(LedgerSession session) {
        this.session = session;
    }

    /**
     * Reads a value.
     *
     * @param level what the answer is to be worth
     * @param module the module
     * @param key 1..256 bytes
     * @param deadline how long to wait
     * @return the value; empty when the key is absent
     * @throws HypermeshException TIMEOUT when no answer came in time; MALFORMED, INVALID_PROOF or what the light client says when
     *     the answer does not hold; NOT_FOUND when the node can prove nothing as new as what the session has seen, to be asked
     *     again; LIMIT_EXCEEDED when the value is longer than {@link OrderedRead#MAX_VALUE_BYTES} and the level is
     *     LINEARIZABLE; DENIED when the ledger refused the read
     */
    public Optional<byte[]> read(ReadLevel level, String module, byte[] key, Duration deadline) {
        return switch (level) {
            case STALE -> unproven(module, key, deadline);
            case FINALIZED -> proven(module, key, deadline);
            case LINEARIZABLE -> ordered(module, key, deadline);
        };
    }

    private byte[] ask(ReadLevel level, String module, byte[] key, Duration deadline) {
        try {
            return session.messenger()
                    .request(session.node(), ReadService.SERVICE, ReadService.request(level, module, key), deadline);
        } catch (StoqException e) {
            throw new HypermeshException(
                    Code.TIMEOUT, Retry.SAME_CALL, "Node " + session.node() + " did not answer: " + e.getMessage(), e);
        }
    }

    private Optional<byte[]> unproven(String module, byte[] key, Duration deadline) {
        try {
            return ReadService.value(ask(ReadLevel.STALE, module, key, deadline));
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.MALFORMED, Retry.WHOLE_OPERATION, "The answer is no value: " + e.getMessage(), e);
        }
    }

    private Optional<byte[]> proven(String module, byte[] key, Duration deadline) {
        ProvenPosition seen = session.proven();
        StateProof proof;
        try {
            proof = ReadService.proof(ask(ReadLevel.FINALIZED, module, key, deadline))
                    .orElseThrow(() -> new HypermeshException(
                            Code.NOT_FOUND,
                            Retry.SAME_CALL,
                            "Node " + session.node() + " can prove nothing now; ask again"));
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.INVALID_PROOF, Retry.WHOLE_OPERATION, "The answer is no state proof: " + e.getMessage(), e);
        }
        if (!proof.module().equals(module) || !Arrays.equals(proof.key(), key)) {
            throw new HypermeshException(
                    Code.INVALID_PROOF, Retry.WHOLE_OPERATION, "The proof is of another key than the one asked for");
        }
        Verdict verdict = session.believed(proof);
        if (verdict instanceof Verdict.Rejected r) {
            throw new HypermeshException(r.code(), Retry.WHOLE_OPERATION, "The proof does not hold: " + r.detail());
        }
        if (ProvenPosition.of(proof.header()).compareTo(seen) < 0) {
            throw new HypermeshException(
                    Code.NOT_FOUND,
                    Retry.SAME_CALL,
                    "Node " + session.node() + " proves the state below height "
                            + proof.header().height() + " of epoch "
                            + proof.header().epoch()
                            + ", this session has seen that of height " + seen.height() + " of epoch " + seen.epoch()
                            + "; ask again when the node has caught up");
        }
        return proof.value();
    }

    private Optional<byte[]> ordered(String module, byte[] key, Duration deadline) {
        Outcome outcome;
        try {
            outcome = session.execute(OrderedRead.MODULE, new OrderedRead(module, key).encode())
                    .toCompletableFuture()
                    .get(deadline.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.SAME_CALL, "Interrupted while reading", e);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT, Retry.SAME_CALL, "The read was not final within " + deadline.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HypermeshException h) {
                throw h;
            }
            throw new IllegalStateException("reading failed", e.getCause());
        }
        if (outcome instanceof Outcome.Refused r) {
            throw new HypermeshException(
                    r.code().equals(Code.LIMIT_EXCEEDED.name()) ? Code.LIMIT_EXCEEDED : Code.DENIED,
                    Retry.NEVER,
                    "The ledger refused the read: " + r.code() + ", " + r.detail());
        }
        return OrderedRead.value((Outcome.Applied) outcome);
    }
}
