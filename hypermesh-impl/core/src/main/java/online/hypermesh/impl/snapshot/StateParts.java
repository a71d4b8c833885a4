package online.hypermesh.impl.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.ledger.StateSkeleton;
import online.hypermesh.impl.ledger.StateTree;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/** Reads the parts of a state on all processors and proves each by its hash. */
final class StateParts {
    private StateParts() {}

    /**
     * Reads one part.
     *
     * @throws HypermeshException INVALID_PROOF when the bytes are not the part with that hash
     */
    static StateTree verified(Digest hash, byte[] bytes) {
        StateTree part;
        try {
            part = StateTree.decode(bytes);
        } catch (CborException | IllegalArgumentException e) {
            throw another(hash, String.valueOf(e.getMessage()));
        }
        if (!part.root().equals(hash)) {
            throw another(hash, "they have the hash " + part.root().toShortHex());
        }
        return part;
    }

    private static HypermeshException another(Digest hash, String why) {
        return new HypermeshException(
                Code.INVALID_PROOF,
                Retry.WHOLE_OPERATION,
                "The bytes shown for part " + hash.toShortHex() + " of a state are not that part: " + why);
    }

    /** Reads all parts and puts them together. */
    static StateTree joined(StateSkeleton skeleton, IntFunction<byte[]> bytes) {
        int threads = Math.min(Runtime.getRuntime().availableProcessors(), 8);
        ExecutorService workers = Executors.newFixedThreadPool(threads, r -> {
            Thread t = new Thread(r, "snapshot-reader");
            t.setDaemon(true);
            return t;
        });
        try {
            List<Future<StateTree>> reading = new ArrayList<>();
            List<Digest> hashes = skeleton.parts();
            for (int i = 0; i < hashes.size(); i++) {
                int part = i;
                reading.add(workers.submit(() -> verified(hashes.get(part), bytes.apply(part))));
            }
            List<StateTree> parts = new ArrayList<>();
            for (Future<StateTree> f : reading) {
                parts.add(f.get());
            }
            return skeleton.join(parts);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.SAME_CALL, "Interrupted while reading a snapshot", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HypermeshException h) {
                throw h;
            }
            throw new IllegalStateException("reading a snapshot failed", e.getCause());
        } finally {
            workers.shutdownNow();
        }
    }
}
